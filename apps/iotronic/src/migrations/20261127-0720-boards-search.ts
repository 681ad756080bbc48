import { sql } from "kysely";
import type { Migration } from "./migration.ts";

// PostgreSQL looks nothing up by an index while a row-level policy stands before it, unless the operator is declared leakproof, and
// LIKE is not. So the texts stand in a table of their own, without a policy: what it gives away to a store that forgot its scope is
// an id whose row the policy still hides. It is derived, as its comment says to whoever copies tables: its triggers fill it.
const table = [
  "create table boards_search (uuid text primary key references boards (uuid) on delete cascade, search text not null)",
  "comment on table boards_search is 'derived'",
  `create function boards_search_keep() returns trigger language plpgsql as $$ begin
     insert into boards_search (uuid, search) values (new.uuid, new.search)
       on conflict (uuid) do update set search = excluded.search;
     return null;
   end $$`,
  `create trigger boards_search_inserted after insert on boards for each row execute function boards_search_keep()`,
  `create trigger boards_search_updated after update of search on boards for each row
     when (old.search is distinct from new.search) execute function boards_search_keep()`,
  "insert into boards_search (uuid, search) select uuid, search from boards",
];

// An index of trigrams needs an extension that comes with PostgreSQL, but not with every service that sells one. Without it texts
// are found all the same, by reading them all.
const index = `do $$ begin
  create extension if not exists pg_trgm;
  create index boards_search_trigrams on boards_search using gin (search gin_trgm_ops);
exception when insufficient_privilege or feature_not_supported or undefined_file then
  raise notice 'no trigram index: %', sqlerrm;
end $$`;

/** What substrings are looked up in, where SQLite has had its index from the first migration on. */
export const boardSearchMigration: Migration = {
  name: "20261127-0720-boards-search",
  up: async (database, dialect) => {
    if (dialect === "sqlite") return;
    await sql.raw("drop function if exists boards_search_keep cascade").execute(database);
    for (const statement of [...table, index]) await sql.raw(statement).execute(database);
  },
};

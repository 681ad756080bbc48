import { sql } from "kysely";
import type { Migration } from "./migration.ts";

const searchTriggers = [
  `create virtual table boards_search using fts5(search, content='boards', content_rowid='rowid', tokenize='trigram')`,
  `create trigger boards_search_insert after insert on boards begin insert into boards_search(rowid, search) values (new.rowid, new.search); end`,
  `create trigger boards_search_delete after delete on boards begin insert into boards_search(boards_search, rowid, search) values ('delete', old.rowid, old.search); end`,
  `create trigger boards_search_update after update of search on boards begin insert into boards_search(boards_search, rowid, search) values ('delete', old.rowid, old.search); insert into boards_search(rowid, search) values (new.rowid, new.search); end`,
];

/** Boards, their enrolments, target entries, presence, logs and report cursors. */
export const boardsMigration: Migration = {
  name: "20261124-1200-boards",
  up: async (database, dialect) => {
    const { schema } = database;
    await schema
      .createTable("boards")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("labels", "text", (column) => column.notNull())
      .addColumn("location", "text")
      .addColumn("settings", "text", (column) => column.notNull())
      // What a substring is looked for in: name, id, address, lower-case.
      .addColumn("search", "text", (column) => column.notNull())
      .addColumn("agent_kind", "text")
      .addColumn("agent_version", "text")
      .addColumn("contract", "integer")
      .addColumn("features", "text", (column) => column.notNull())
      .addColumn("simulated", "integer", (column) => column.notNull())
      .addColumn("pubkey", "text", (column) => column.unique())
      .addColumn("info", "text")
      .addColumn("epoch", "bigint", (column) => column.notNull())
      .addColumn("connected", "integer", (column) => column.notNull())
      .addColumn("since", "bigint")
      .addColumn("last_seen_at", "bigint")
      .addColumn("address", "text")
      .addColumn("left_reason", "text")
      .addColumn("latency_ms", "double precision")
      .addColumn("busy_until", "bigint")
      .addColumn("target_wanted", "bigint", (column) => column.notNull())
      .addColumn("target_reached", "bigint", (column) => column.notNull())
      .addColumn("failed_entries", "integer", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("retired_at", "bigint")
      .addUniqueConstraint("boards_project_name", ["project_id", "name"])
      .execute();
    for (const columns of [
      ["status", "name"],
      ["last_seen_at", "uuid"],
      ["created_at", "uuid"],
    ])
      await schema
        .createIndex(`boards_project_${columns[0]}`)
        .on("boards")
        .columns(["project_id", ...columns])
        .execute();
    for (const columns of [
      ["name", "uuid"],
      ["status", "name"],
      ["last_seen_at", "uuid"],
      ["created_at", "uuid"],
    ])
      await schema.createIndex(`boards_all_${columns[0]}`).on("boards").columns(columns).execute();
    if (dialect === "sqlite")
      for (const statement of searchTriggers) await sql.raw(statement).execute(database);
    await schema
      .createTable("boards_enrolments")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint")
      .execute();
    await schema
      .createIndex("boards_enrolments_board")
      .on("boards_enrolments")
      .columns(["board_id"])
      .execute();
    await schema
      .createTable("boards_entries")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("code", "text")
      .addColumn("sentence", "text")
      .addColumn("since", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("boards_entries_key", ["project_id", "board_id", "key"])
      .execute();
    await schema
      .createTable("boards_presence")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("event", "text", (column) => column.notNull())
      .addColumn("reason", "text")
      .addColumn("address", "text")
      .execute();
    await schema
      .createIndex("boards_presence_board")
      .on("boards_presence")
      .columns(["project_id", "board_id", "at"])
      .execute();
    await schema
      .createTable("boards_logs")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("level", "text", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .execute();
    await schema
      .createIndex("boards_logs_board")
      .on("boards_logs")
      .columns(["project_id", "board_id", "at"])
      .execute();
    await schema
      .createTable("boards_reports")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.primaryKey().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("boot_id", "text", (column) => column.notNull())
      .addColumn("seq", "bigint", (column) => column.notNull())
      .execute();
  },
};

// Lists of boards, by pages. A hundred thousand boards must not make one slow, whatever it is narrowed by: few matches are looked
// up and sorted, many are met soon enough by walking the list in its order.
import { type SelectQueryBuilder, sql } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { type BoardRow, numbers } from "./store.ts";

/** Matches of a text or a label up to which they are looked up: as many as can be sorted within a few milliseconds. */
export const FEW_MATCHES = 1_000;

export type BoardSort = "name" | "seen" | "created";

export interface BoardFilter {
  readonly states?: readonly string[] | undefined;
  readonly text?: string | undefined;
  readonly label?: { readonly name: string; readonly value: string | undefined } | undefined;
  /** Ids of fleets: those that are in one of them. */
  readonly fleets?: readonly string[] | undefined;
  readonly sort: BoardSort;
  readonly descending: boolean;
  readonly after?: readonly [key: string | number, uuid: string] | undefined;
}

type Query = SelectQueryBuilder<Schema, "boards", BoardRow>;
type Narrow = (query: Query) => Query;

const sortKeys = {
  name: sql.ref<string | number>("name"),
  seen: sql<string | number>`coalesce(last_seen_at, 0)`,
  created: sql.ref<string | number>("created_at"),
} as const;
const escapeLike = (text: string) => text.replace(/[\\%_]/g, (c) => `\\${c}`);

/** Shortest text that the trigram index can look up. */
const trigram = 3;

/**
 * Has PostgreSQL use an index where it would rather read a whole table: it guesses the matches of a text by its letters, and with a
 * limit takes reading all for cheap. Until the end of the transaction otherwise, so it is undone.
 */
const byIndex = async <T>(queries: Reader["queries"], work: () => Promise<T>): Promise<T> => {
  const set = (value: "on" | "off") =>
    sql`select set_config('enable_seqscan', ${value}, true)`.execute(queries);
  await set("off");
  const answer = await work();
  await set("on");
  return answer;
};

const narrowByText = async ({ queries, dialect }: Reader, given: string): Promise<Narrow> => {
  const text = given.toLowerCase();
  const like = sql`search like ${`%${escapeLike(text)}%`} escape '\\'`;
  const walk: Narrow = (query) => query.where(sql<boolean>`${like}`);
  if (text.length < trigram) return walk;
  const key = sql.ref(dialect === "sqlite" ? "rowid" : "uuid");
  const matches = sql`select ${key} from boards_search where ${
    dialect === "sqlite" ? sql`boards_search match ${`"${text.replaceAll('"', '""')}"`}` : like
  }`;
  const some = sql<{ uuid: string }>`${matches} limit ${sql.lit(FEW_MATCHES + 1)}`;
  const { rows } = await (dialect === "sqlite"
    ? some.execute(queries)
    : byIndex(queries, () => some.execute(queries)));
  if (rows.length > FEW_MATCHES) return walk;
  // PostgreSQL guesses badly how many a text has, and would walk the list for a handful: it is told which they are.
  const found =
    dialect === "sqlite" ? sql`in (${matches})` : sql`= any(${rows.map(({ uuid }) => uuid)})`;
  return (query) => query.where(sql<boolean>`${key} ${found}`);
};

const narrowByLabel = async (
  scope: Scope,
  { queries }: Reader,
  { name, value }: NonNullable<BoardFilter["label"]>,
): Promise<Narrow> => {
  let matches = queries.selectFrom("boards_labels").select("board_id").where("name", "=", name);
  if (value !== undefined) matches = matches.where("value", "=", value);
  if (scope.projects !== "all") matches = matches.where("project_id", "in", scope.projects);
  const some = await matches.limit(FEW_MATCHES + 1).execute();
  if (some.length <= FEW_MATCHES) return (query) => query.where("uuid", "in", matches);
  const valued = value === undefined ? sql`` : sql`and l.value = ${value}`;
  return (query) =>
    query.where(
      sql<boolean>`exists (select 1 from boards_labels as l where l.board_id = boards.uuid and l.name = ${name} ${valued})`,
    );
};

const narrowByFleets = async (
  scope: Scope,
  { queries }: Reader,
  fleets: readonly string[],
): Promise<Narrow> => {
  if (fleets.length === 0) return (query) => query.where(sql<boolean>`1 = 0`);
  let matches = queries
    .selectFrom("boards_fleets")
    .select("board_id")
    .where("fleet_id", "in", fleets);
  if (scope.projects !== "all") matches = matches.where("project_id", "in", scope.projects);
  const some = await matches.limit(FEW_MATCHES + 1).execute();
  if (some.length <= FEW_MATCHES) return (query) => query.where("uuid", "in", matches);
  return (query) =>
    query.where((e) =>
      e.exists(
        e
          .selectFrom("boards_fleets as f")
          .select("f.board_id")
          .whereRef("f.board_id", "=", "boards.uuid")
          .where("f.fleet_id", "in", fleets),
      ),
    );
};

/** A page in order. The state is one condition more where only one is asked for: that is what its index begins with. */
const inOrder = (
  { queries }: Reader,
  scope: Scope,
  { sort, descending, after }: BoardFilter,
  narrows: readonly Narrow[],
  limit: number,
): Query => {
  const key = sortKeys[sort];
  let query: Query = queries.selectFrom("boards").selectAll().limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  for (const narrow of narrows) query = narrow(query);
  if (after) {
    const [value, uuid] = after;
    query = query.where(
      descending
        ? sql<boolean>`(${key}, uuid) < (${value}, ${uuid})`
        : sql<boolean>`(${key}, uuid) > (${value}, ${uuid})`,
    );
  }
  const order = descending ? "desc" : "asc";
  return query.orderBy(key, order).orderBy("uuid", order);
};

export const listBoards = async (
  scope: Scope,
  reader: Reader,
  filter: BoardFilter,
  limit: number,
): Promise<BoardRow[]> => {
  const { states, text, label, fleets } = filter;
  const narrows: Narrow[] = [];
  if (text !== undefined) narrows.push(await narrowByText(reader, text));
  if (label) narrows.push(await narrowByLabel(scope, reader, label));
  if (fleets) narrows.push(await narrowByFleets(scope, reader, fleets));
  const within = (narrow: Narrow) => inOrder(reader, scope, filter, [...narrows, narrow], limit);
  // What is retired is history: shown to whoever asks for it.
  if (states === undefined)
    return (await within((query) => query.where("status", "<>", "retired")).execute()).map(numbers);
  // A page of each state by its own index; the page is among them.
  const [first, ...more] = [...new Set(states)].map((state) =>
    reader.queries
      .selectFrom(within((query) => query.where("status", "=", state)).as("boards"))
      .selectAll(),
  );
  if (!first) return [];
  const order = filter.descending ? "desc" : "asc";
  const rows = await reader.queries
    .selectFrom(more.reduce((all, page) => all.unionAll(page), first).as("boards"))
    .selectAll()
    .orderBy(sortKeys[filter.sort], order)
    .orderBy("uuid", order)
    .limit(limit)
    .execute();
  return rows.map(numbers);
};

// Lists of boards, by pages.
import { allOf, type BoardQuery, notOf, type QueryTerm, termsOf } from "@s4t/contract";
import { type SelectQueryBuilder, sql } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { byWalking, conditionOf, type FleetIds, fewOf } from "./query-store.ts";
import { type BoardRow, numbers } from "./store.ts";

export type BoardSort = "name" | "seen" | "created";

export interface BoardFilter {
  readonly query: BoardQuery;
  readonly fleets: FleetIds;
  readonly sort: BoardSort;
  readonly descending: boolean;
  readonly after?: readonly [key: string | number, uuid: string] | undefined;
}

type Query = SelectQueryBuilder<Schema, "boards", BoardRow>;
type Narrow = (query: Query) => Query;
type Status = Extract<QueryTerm, { readonly kind: "status" }>;

const sortKeys = {
  name: sql.ref<string | number>("name"),
  seen: sql<string | number>`coalesce(last_seen_at, 0)`,
  created: sql.ref<string | number>("created_at"),
} as const;

/** Boards to page through: all, or those few. SQLite guesses that a project has ten boards, and would rather walk them all. */
const among = ({ queries }: Reader, few: readonly string[] | undefined): Query => {
  if (!few) return queries.selectFrom("boards").selectAll();
  const found = queries.with(
    (name) => name("few").materialized(),
    (each) => each.selectFrom("boards").selectAll().where("uuid", "in", few),
  );
  return found.selectFrom("few as boards").selectAll() as unknown as Query;
};

/** A page in order. */
const inOrder = (
  rows: Query,
  scope: Scope,
  { sort, descending, after }: BoardFilter,
  narrows: readonly Narrow[],
  limit: number,
): Query => {
  const key = sortKeys[sort];
  let query = rows.limit(limit);
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

/** What is retired is history: shown to whoever speaks of it. */
const withoutRetired = (query: BoardQuery): BoardQuery =>
  termsOf(query).some((term) => term.kind === "status" && term.values.includes("retired"))
    ? query
    : allOf(query, notOf({ kind: "status", values: ["retired"] }));

/** Whether a term that was looked up, and has no few, has many: they are met soon. What is merely not so may be nobody. */
const namesMany = (query: BoardQuery): boolean =>
  query.kind !== "not" &&
  query.kind !== "status" &&
  !(query.kind === "fleet" && query.values === "any");

export const listBoards = async (
  scope: Scope,
  reader: Reader,
  filter: BoardFilter,
  limit: number,
): Promise<BoardRow[]> => {
  const { fleets } = filter;
  const query = withoutRetired(filter.query);
  const all = query.kind === "and" ? query.of : [query];
  // One state that is asked for is what an index begins with; the rest is asked of each row.
  const few = await fewOf(query, fleets, scope, reader);
  const status = few ? undefined : all.find((each): each is Status => each.kind === "status");
  const rest = allOf(...all.filter((each) => each !== status));
  const narrows: Narrow[] = [(rows) => rows.where(conditionOf(rest, fleets))];
  if (few?.length === 0) return [];
  const within = (...more: readonly Narrow[]) =>
    inOrder(among(reader, few), scope, filter, [...narrows, ...more], limit);
  const read = <T>(work: () => Promise<T>): Promise<T> =>
    !few && all.some(namesMany) ? byWalking(reader, work) : work();
  if (!status) return (await read(() => within().execute())).map(numbers);
  // A page of each state by its own index; the page is among them.
  const [first, ...more] = [...new Set(status.values)].map((state) =>
    reader.queries
      .selectFrom(within((rows) => rows.where("status", "=", state)).as("boards"))
      .selectAll(),
  );
  if (!first) return [];
  const order = filter.descending ? "desc" : "asc";
  const pages = reader.queries
    .selectFrom(more.reduce((all, page) => all.unionAll(page), first).as("boards"))
    .selectAll()
    .orderBy(sortKeys[filter.sort], order)
    .orderBy("uuid", order)
    .limit(limit);
  return (await read(() => pages.execute())).map(numbers);
};

// Looking boards up.
import {
  allOf,
  anyOf,
  type BoardInfo,
  type BoardQuery,
  boardStates,
  fail,
  isUuid,
  LATEST_FRESH_S,
  type ProjectId,
  parseBoardQuery,
  type QueryOf,
  type rest,
  termsOf,
} from "@s4t/contract";
import type { PickBoards } from "../../edge/bulk.ts";
import { pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { everything, type Scope, within } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import type { Boards } from "./boards.ts";
import { type BoardsDependencies, getRow } from "./change.ts";
import { type BoardSort, listBoards } from "./list-store.ts";
import { showRow, showRows } from "./members.ts";
import type { FleetIds, SensorTerm } from "./query-store.ts";
import { type BoardRow, countBoards, countByStatus } from "./store.ts";

const statesOf = (text: string): string[] => {
  const states = text.split(",");
  const wrong = states.find((state) => !(boardStates as readonly string[]).includes(state));
  if (wrong !== undefined)
    throw fail("request.invalid", {
      where: "query/status",
      because: `${wrong} is not a state of a board`,
    });
  return states;
};

const labelOf = (text: string): BoardQuery => {
  const [name = "", value] = text.split(/=(.*)/s);
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name))
    throw fail("request.invalid", { where: "query/label", because: "must be name or name=value" });
  return { kind: "label", name, values: value === undefined ? "any" : [value] };
};

type Asked = Pick<QueryOf<typeof rest.boards.list>, "q" | "status" | "text" | "label" | "fleet">;

/** What a request asks for, as one query: each of its other members is a spelling of a term. */
export const queryOf = ({ q, status, text, label, fleet }: Asked): BoardQuery =>
  allOf(
    ...(q === undefined ? [] : [parseBoardQuery(q)]),
    ...(status === undefined ? [] : [{ kind: "status", values: statesOf(status) } as const]),
    ...(text === undefined ? [] : [{ kind: "text", text } as const]),
    ...(label === undefined ? [] : [labelOf(label)]),
    ...(fleet === undefined ? [] : [{ kind: "fleet", values: [fleet] } as const]),
  );

/** The same at a moment: last values that are older than they may be count no more. */
export const atMoment = (query: BoardQuery, nowMs: number): BoardQuery => {
  if ("of" in query)
    return query.kind === "not"
      ? { kind: "not", of: atMoment(query.of, nowMs) }
      : { kind: query.kind, of: query.of.map((each) => atMoment(each, nowMs)) };
  if (query.kind !== "sensor") return query;
  const sinceMs = nowMs - (query.withinS ?? LATEST_FRESH_S) * 1_000;
  return { ...query, sinceMs } as SensorTerm;
};

/** Ids of the fleets that a query names. */
export const fleetIdsOf = async (
  fleets: BoardsDependencies["fleets"],
  scope: Scope,
  reader: Reader,
  query: BoardQuery,
): Promise<FleetIds> => {
  const ids = new Map<string, readonly string[]>();
  for (const term of termsOf(query))
    if (term.kind === "fleet" && term.values !== "any")
      for (const name of term.values)
        if (!ids.has(name)) ids.set(name, await fleets.matching(scope, reader, name));
  return ids;
};

/** `-seen` → by when it was last seen, latest first. */
const orderOf = ({ sort: text = "name" }: QueryOf<typeof rest.boards.list>) => {
  const descending = text.startsWith("-");
  return { sort: (descending ? text.slice(1) : text) as BoardSort, descending };
};
const startOf = (cursor: string, sort: BoardSort) =>
  parseCursor(cursor, [sort === "name" ? "string" : "number", "string"]);
const keyOf = (sort: BoardSort, row: BoardRow): string | number =>
  sort === "name" ? row.name : sort === "seen" ? (row.last_seen_at ?? 0) : row.created_at;

/** Boards that are read at once where many are picked. */
const pickedAtOnce = 1_000;

/** Picks boards for a bulk operation: stated in `edge/bulk.ts`. */
export const createPick =
  ({ fleets, clock }: Pick<BoardsDependencies, "fleets" | "clock">): PickBoards =>
  async (scope, reader, { q, fleet, names, ids }, limit) => {
    const picked = async (query: BoardQuery): Promise<BoardRow[]> => {
      const found: BoardRow[] = [];
      const fleetIds = await fleetIdsOf(fleets, scope, reader, query);
      const now = atMoment(query, clock.now());
      for (let after: readonly [string, string] | undefined; found.length < limit; ) {
        const filter = {
          query: now,
          fleets: fleetIds,
          sort: "name",
          descending: false,
          after,
        } as const;
        const rows = await listBoards(scope, reader, filter, pickedAtOnce);
        found.push(...rows);
        const last = rows.at(-1);
        if (!last || rows.length < pickedAtOnce) break;
        after = [last.name, last.uuid];
      }
      return found.slice(0, limit);
    };
    const rows: BoardRow[] = [];
    if (ids)
      for (let at = 0; at < ids.length; at += pickedAtOnce)
        rows.push(...(await picked({ kind: "id", values: ids.slice(at, at + pickedAtOnce) })));
    else {
      const said = { ...(q === undefined ? {} : { q }), ...(fleet === undefined ? {} : { fleet }) };
      const named = names
        ? [anyOf({ kind: "id", values: names }, { kind: "name", values: names })]
        : [];
      rows.push(...(await picked(allOf(queryOf(said), ...named))));
    }
    // One that is named and is not there would be a board that nothing is done with, and nobody told.
    const there = new Set(rows.flatMap(({ uuid, name }) => [uuid, name]));
    for (const name of names ?? [])
      if (!there.has(name) && q === undefined && fleet === undefined) throw fail("board.not-found");
    return rows.map(({ uuid, name, pubkey, info }) => ({
      ...{ uuid, name },
      enrolled: pubkey !== null,
      canReboot: info !== null && (JSON.parse(info) as BoardInfo).canReboot === true,
    }));
  };

/** Makes the verbs. */
export const createListing = (
  deps: BoardsDependencies,
): Pick<Boards, "list" | "counts" | "countIn" | "row" | "get"> => {
  const { database, fleets } = deps;
  const row = (scope: Scope, idOrName: string): Promise<BoardRow> =>
    database.read(scope, (reader) => getRow(scope, reader, idOrName));
  return {
    row,
    get: (actor, scope, idOrName) =>
      database.read(scope, async (reader) =>
        showRow(deps, actor, scope, reader, await getRow(scope, reader, idOrName)),
      ),
    async list(actor, scope, query) {
      const order = orderOf(query);
      const { after: start } = query;
      const last = start !== undefined && isUuid(start) ? await row(scope, start) : undefined;
      const after =
        start === undefined
          ? undefined
          : last
            ? ([keyOf(order.sort, last), last.uuid] as const)
            : startOf(start, order.sort);
      const asked = atMoment(queryOf(query), deps.clock.now());
      return database.read(scope, async (reader) => {
        const filter = {
          query: asked,
          fleets: await fleetIdsOf(fleets, scope, reader, asked),
          ...order,
          after,
        };
        const rows = await listBoards(scope, reader, filter, pageSizeOf(query) + 1);
        const { items, next } = pageOf(
          rows,
          query,
          (each) => [keyOf(order.sort, each), each.uuid],
          (each) => each,
        );
        return { items: await showRows(deps, actor, scope, reader, items), next };
      });
    },
    async counts(scope, { fleet } = {}) {
      const counts = await database.read(scope, async (reader) =>
        fleet === undefined
          ? countByStatus(scope, reader)
          : countByStatus(scope, reader, await fleets.matching(scope, reader, fleet)),
      );
      return {
        total: [...counts.values()].reduce((sum, count) => sum + count, 0),
        byStatus: Object.fromEntries(counts),
      };
    },
    countIn: (project: ProjectId) =>
      database.read(everything, (reader) => countBoards(within(project), reader, project)),
  };
};

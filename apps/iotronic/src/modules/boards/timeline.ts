// What happened around a board, in one stream: its changes and its comings and goings.
import type { ProjectId, TimelineEntry } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import type { Static } from "typebox";
import type { Change } from "../../edge/facts.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, type Scope, within } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import type { Boards } from "./boards.ts";
import { listPresence, type PresenceRow } from "./state-store.ts";

type Entry = Static<typeof TimelineEntry>;

export interface Timeline {
  list(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    query: PageQuery,
  ): Promise<{ items: Entry[]; next: string | null }>;
}

const ofPresence = (row: PresenceRow): Entry => ({
  at: toRfc3339(row.at),
  kind: "presence",
  code: row.event,
  actor: null,
  facts: {
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.address === null ? {} : { address: row.address }),
  },
});

/** By a delegation somebody sees what became of the board: neither the fleets of its project nor who else is there. */
const ofChange = (change: Change, actor: Actor): Entry => {
  const { fleets, ...own } = change.patch;
  const facts = actor.by ? own : change.patch;
  return {
    at: toRfc3339(change.atMs),
    kind: "failedEntries" in facts ? "target" : "change",
    code: Object.keys(facts).join(",") || "touched",
    actor: actor.by && change.actor !== actor.name ? null : change.actor,
    facts,
  };
};

export interface TimelineDependencies {
  readonly boards: Boards;
  readonly database: Database;
  readonly changesOf: (
    scope: Scope,
    uuid: string,
    before: number,
    limit: number,
  ) => Promise<readonly Change[]>;
}

/** Makes the verb. A cursor holds where each of the two streams stands. */
export const createTimeline = ({
  boards,
  database,
  changesOf,
}: TimelineDependencies): Timeline => ({
  async list(actor, scope, idOrName, query) {
    const row = await boards.row(scope, idOrName);
    const project = row.project_id as ProjectId;
    const [presenceBefore, changeBefore] =
      query.after === undefined
        ? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
        : parseCursor(query.after, ["number", "number"]);
    const size = pageSizeOf(query);
    const presence = await database.read(within(project), (reader) =>
      listPresence(within(project), reader, project, row.uuid, presenceBefore, size + 1),
    );
    const changes = await changesOf(within(project), row.uuid, changeBefore, size + 1);
    const both = [
      ...presence.map((each) => ({
        at: each.at,
        entry: ofPresence(each),
        presence: each.at,
        seq: 0,
      })),
      ...changes.map((each) => ({
        at: each.atMs,
        entry: ofChange(each, actor),
        presence: 0,
        seq: each.seq,
      })),
    ].sort((a, b) => b.at - a.at);
    const shown = both.slice(0, size);
    const lowest = (pick: (each: (typeof both)[number]) => number, fallback: number) =>
      shown.reduce((low, each) => (pick(each) > 0 ? Math.min(low, pick(each)) : low), fallback);
    const next = [
      lowest(({ presence: at }) => at, presenceBefore),
      lowest(({ seq }) => seq, changeBefore),
    ];
    return pageOf(
      both,
      query,
      () => next,
      ({ entry }) => entry,
    );
  },
});

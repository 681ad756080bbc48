// What the link's own path asks of a board's row: at each join, going and report. Only the columns that are needed there: a row has
// documents (what a board is, its settings) that cost more to hand over than all the rest.
import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

/** Columns that say how a board is. */
const standing = [
  ...(["uuid", "project_id", "name", "rev", "status", "search", "pubkey", "location"] as const),
  ...(["epoch", "connected", "since", "last_seen_at", "address", "left_reason"] as const),
  ...(["busy_until", "target_wanted", "target_reached", "failed_entries", "retired_at"] as const),
] as const;

export type StandingRow = Pick<Selectable<Schema["boards"]>, (typeof standing)[number]>;

const numbers = int64(
  ...["rev", "epoch", "since", "last_seen_at", "busy_until", "target_wanted", "target_reached"],
  "retired_at",
);

const findRow = statement(({ projects }, { queries, args }: Build<{ uuid: string }>) => {
  const query = queries.selectFrom("boards").select(standing).where("uuid", "=", args.uuid);
  return projects === "all" ? query : query.where("project_id", "in", projects);
});

/** How a board is. */
export const findStanding = async (
  scope: Scope,
  reader: Reader,
  uuid: string,
): Promise<StandingRow | undefined> => {
  const { rows } = await findRow(scope, reader, { uuid });
  return rows[0] && numbers(rows[0]);
};

const lockRow = statement((_scope, { queries, dialect, args }: Build<{ uuid: string }>) => {
  const query = queries.selectFrom("boards").select(standing).where("uuid", "=", args.uuid);
  return dialect === "sqlite" ? query : query.forUpdate();
});

/** The same, held until the transaction ends: what is reckoned from it is not written over what another wrote meanwhile. */
export const holdStanding = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
): Promise<StandingRow | undefined> => {
  const { rows } = await lockRow(scope, tx, { uuid });
  return rows[0] && numbers(rows[0]);
};

const findHolder = statement((_scope, { queries, args }: Build<{ pubkey: string }>) =>
  queries
    .selectFrom("boards")
    .select(["uuid", "project_id", "name"])
    .where("pubkey", "=", args.pubkey)
    .where("retired_at", "is", null),
);

/** The board with this key, unless it is retired. */
export const findKeyHolder = async (
  scope: Scope,
  reader: Reader,
  pubkey: string,
): Promise<Pick<StandingRow, "uuid" | "project_id" | "name"> | undefined> =>
  (await findHolder(scope, reader, { pubkey })).rows[0];

/** What a board says of its agent when it joins. */
export type AgentColumns = Pick<
  Selectable<Schema["boards"]>,
  "agent_kind" | "agent_version" | "contract" | "features"
>;

const openRow = statement(
  (
    _scope,
    { queries, args }: Build<{ uuid: string; pubkey: string; readonly agent: AgentColumns }>,
  ) =>
    queries
      .updateTable("boards")
      .set((e) => ({ ...args.agent, epoch: e("epoch", "+", 1) }))
      .where("uuid", "=", args.uuid)
      .where("pubkey", "=", args.pubkey)
      .where("retired_at", "is", null)
      .returning(["epoch", "target_wanted", "updated_at"]),
);

/** The next epoch of a board that has this key and is not retired, and which target is its own; undefined for any other. */
export const openEpoch = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
  pubkey: string,
  agent: AgentColumns,
): Promise<
  | { readonly epoch: number; readonly target_wanted: number; readonly updated_at: number }
  | undefined
> => {
  const { rows } = await openRow(scope, tx, { uuid, pubkey, agent });
  return (
    rows[0] && {
      epoch: Number(rows[0].epoch),
      target_wanted: Number(rows[0].target_wanted),
      updated_at: Number(rows[0].updated_at),
    }
  );
};

const holdRow = statement(
  (_scope, { queries, args }: Build<{ uuid: string; epoch: number; now: number }>) =>
    queries
      .updateTable("boards")
      .set({ last_seen_at: args.now })
      .where("uuid", "=", args.uuid)
      .where("epoch", "=", args.epoch)
      .where("retired_at", "is", null),
);

/**
 * Notes that the session of this epoch was heard; false when it is not the board's present one. The row is held until the
 * transaction ends: no newer session opens between this and what the older one still writes.
 */
export const holdSession = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
  epoch: number,
  now: number,
): Promise<boolean> => {
  const { numAffectedRows } = await holdRow(scope, tx, { uuid, epoch, now });
  return (numAffectedRows ?? 0n) > 0n;
};

const findInfoRow = statement((_scope, { queries, args }: Build<{ uuid: string }>) =>
  queries.selectFrom("boards").select("info").where("uuid", "=", args.uuid),
);

/** What a board last said of itself, JSON; null before it said anything. */
export const findInfo = async (
  scope: Scope,
  reader: Reader,
  uuid: string,
): Promise<string | null> => (await findInfoRow(scope, reader, { uuid })).rows[0]?.info ?? null;

// What every verb of this module needs: its surroundings, a service by id or name, the notes that something changed.
import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import { type Clock, createDeadline, isS4tError, type Json, type Log } from "@s4t/kit";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { Gateway } from "../../edge/gateway.ts";
import type { Link } from "../../edge/link.ts";
import { type Actor, type Scope, systemActor } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import type { EntryStanding } from "./service.ts";
import { type ExposedRow, findService, type ServiceRow } from "./store.ts";

/** A board, as far as its services are concerned. */
export interface ServedBoard {
  readonly uuid: BoardId;
  readonly project: ProjectId;
  readonly name: string;
}

export interface ServicesDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  readonly link: () => Link;
  readonly gateway: () => Gateway;
  /** A board, by id or name. Throws `board.not-found`. */
  readonly findBoard: (scope: Scope, idOrName: string) => Promise<ServedBoard>;
  /** The same where it can serve. Throws `board.retired`, `board.never-seen` too. */
  readonly findServing: (scope: Scope, idOrName: string) => Promise<ServedBoard>;
  /** Within a transaction: the board's target changes; answers its revision. */
  readonly retarget: (tx: Tx, board: ServedBoard) => Promise<number>;
  /** How entries of a board's target stand, by `section/key`. */
  readonly entriesOf: (
    scope: Scope,
    board: ServedBoard,
  ) => Promise<ReadonlyMap<string, EntryStanding>>;
  /** Resolves with how a new entry of a board's target stands once the board has settled it. */
  readonly untilSettled: (
    board: ServedBoard,
    key: string,
    signal: AbortSignal,
  ) => Promise<EntryStanding>;
}

export const getService = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<ServiceRow> => {
  const row = await findService(scope, reader, idOrName);
  if (!row) throw fail("service.not-found");
  return row;
};

/** Key of an exposure's entry in its board's target, with its section. */
export const entryKeyOf = (service: string): string => `services/${service}`;

/** How long a board that is there gets to take a wish into its target before who asked is answered. */
export const SETTLE_MS = 10_000;

/** How a new entry stands on a board that is there; one that is not told of in time is `waiting`. */
export const settledOf = async (
  { clock, untilSettled }: Pick<ServicesDependencies, "clock" | "untilSettled">,
  board: ServedBoard,
  key: string,
  signal: AbortSignal,
): Promise<EntryStanding> => {
  const patience = createDeadline(clock, SETTLE_MS, signal);
  try {
    return await untilSettled(board, key, patience.signal);
  } catch (error) {
    if (signal.aborted || !isS4tError(error, "deadline.exceeded")) throw error;
    return { state: "waiting", problem: null };
  } finally {
    patience[Symbol.dispose]();
  }
};

type Facts = Readonly<Record<string, Json>>;

/** Within a transaction: a service was made, changed or removed. */
export const noteService = async (
  { audit, changes }: Pick<ServicesDependencies, "audit" | "changes">,
  tx: Tx,
  actor: Actor,
  action: string,
  row: ServiceRow,
  facts: Facts = {},
): Promise<void> => {
  const project = row.project_id as ProjectId;
  const resource = { noun: "service", uuid: row.uuid, name: row.name };
  await audit.append(tx, { actor, action, project, resource, facts });
  const { uuid, rev } = row;
  await changes.append(tx, { actor, project, noun: "service", uuid, rev, patch: facts });
};

/** Within a transaction: a door of a board opens, changes or closes. `actor` null: by itself, its time is over. */
export const noteExposure = async (
  { audit, changes }: Pick<ServicesDependencies, "audit" | "changes">,
  tx: Tx,
  actor: Actor | null,
  action: string,
  board: ServedBoard,
  row: ExposedRow,
  facts: Facts = {},
): Promise<void> => {
  const { project } = board;
  const by = actor ?? systemActor;
  await audit.append(tx, {
    actor: by,
    action,
    project,
    resource: { noun: "board", uuid: board.uuid, name: board.name },
    facts: { service: row.name, publicPort: row.public_port, ...facts },
  });
  const patch = { service: row.service_id, ...facts };
  await changes.append(tx, {
    actor: by,
    project,
    noun: "exposure",
    uuid: board.uuid,
    rev: 1,
    patch,
  });
};

// What every verb of this module needs: its surroundings, a service by id or name, the notes that something changed.
import { fail, type ProjectId } from "@s4t/contract";
import type { Clock, Json, Log } from "@s4t/kit";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { Gateway } from "../../edge/gateway.ts";
import type { KnownBoard, Link } from "../../edge/link.ts";
import type { Wishes } from "../../edge/wishes.ts";
import { type Actor, type Scope, systemActor } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import { type ExposedRow, type ForwardRow, findService, type ServiceRow } from "./store.ts";

export interface ServicesDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  readonly link: () => Link;
  readonly gateway: () => Gateway;
  readonly wishes: Wishes;
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
  board: KnownBoard,
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

/** Within a transaction: a board's target names an endpoint for one client, or no more. `actor` null: by itself. */
export const noteForward = (
  { audit }: Pick<ServicesDependencies, "audit">,
  tx: Tx,
  actor: Actor | null,
  action: string,
  board: KnownBoard,
  { uuid, host, port }: ForwardRow,
  { status = "done", ...facts }: Facts & { readonly status?: "done" | "denied" } = {},
): Promise<void> =>
  audit.append(tx, {
    actor: actor ?? systemActor,
    action,
    status,
    project: board.project,
    resource: { noun: "board", uuid: board.uuid, name: board.name },
    facts: { forward: uuid, what: `${host}:${port}`, ...facts },
  });

// The noun: how services and exposures are shown. No await, no store.
import {
  type Connection,
  type Exposure,
  type Problem,
  type ProjectId,
  type Service,
  sentenceOf,
  type TargetService,
} from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import type { Gateway, OpenConnection, PublicDoor } from "../../edge/gateway.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { isOpenToAll } from "../../edge/sources.ts";
import type { Standings } from "../../edge/wishes.ts";
import { type Actor, actionsOf } from "../../policy/index.ts";
import type { ExposedRow, ServiceRow } from "./store.ts";

/** Where a service listens unless said: nothing beyond the board itself is reached by accident. */
export const BOARD_LOOPBACK = "127.0.0.1";

export const showService = (actor: Actor, row: ServiceRow, exposures: number): Service => ({
  uuid: row.uuid,
  name: row.name,
  rev: row.rev,
  createdAt: toRfc3339(row.created_at),
  updatedAt: toRfc3339(row.updated_at),
  project: row.project_id,
  protocol: row.protocol as Service["protocol"],
  port: row.port,
  host: row.host,
  description: row.description,
  labels: JSON.parse(row.labels) as Service["labels"],
  exposures,
  actions: actionsOf(actor, row.project_id, {
    update: "service.update",
    remove: "service.remove",
  }),
});

const isLoopback = (address: string): boolean =>
  address.startsWith("127.") || address === "::1" || address === "localhost";

/** What is risky about a door: it is told wherever the door is shown. */
export const warningOf = (address: string, sources: readonly string[]): Problem | null =>
  isLoopback(address) || !isOpenToAll(sources)
    ? null
    : { code: "exposure.open-to-all", sentence: sentenceOf("exposure.open-to-all", { address }) };

/** Key of an entry in its board's target, with its section. */
export const entryKeyOf = (name: string): string => `services/${name}`;

/** What stands in a board's target for an endpoint. */
export const targetValueOf = ({
  host,
  port,
}: Pick<TargetService, "host" | "port">): TargetService => ({ host, port, protocol: "tcp" });

export interface ExposureShownWith {
  readonly gateway: Gateway;
  readonly board: KnownBoard;
  readonly standingOf: Standings;
}

export const showExposure = (
  actor: Actor,
  row: ExposedRow,
  { gateway, board, standingOf }: ExposureShownWith,
): Exposure => {
  const sources = JSON.parse(row.sources) as string[];
  const state = gateway.state(row.public_port);
  return {
    service: { uuid: row.service_id, name: row.name, port: row.port },
    board: { uuid: board.uuid, name: board.name },
    publicPort: row.public_port,
    publicHost: gateway.address,
    warning: warningOf(gateway.address, sources),
    sources,
    expiresAt: row.expires_at === null ? null : toRfc3339(row.expires_at),
    entry: standingOf(entryKeyOf(row.name), targetValueOf(row)),
    door: { open: state.open, problem: state.open ? null : state.problem },
    connections: gateway
      .connections(board.uuid)
      .filter(({ publicPort }) => publicPort === row.public_port).length,
    createdAt: toRfc3339(row.created_at),
    createdBy: row.created_by,
    actions: actionsOf(actor, row.project_id, {
      expose: "exposure.expose",
      withdraw: "exposure.withdraw",
    }),
  };
};

/** What the gateway has to know of an exposure. */
export const doorOf = (row: ExposedRow, boardName: string): PublicDoor => ({
  publicPort: row.public_port,
  board: row.board_id as PublicDoor["board"],
  boardName,
  project: row.project_id as ProjectId,
  service: row.name,
  host: row.host,
  port: row.port,
  sources: JSON.parse(row.sources) as string[],
  expiresAtMs: row.expires_at,
});

export const showConnection = (open: OpenConnection): Connection => ({
  uuid: open.uuid,
  board: open.board,
  door: open.door,
  what: open.what,
  from: open.from,
  actor: open.actor,
  since: toRfc3339(open.sinceMs),
  bytesIn: open.bytesIn,
  bytesOut: open.bytesOut,
});

// What modules may ask of the gateway, and what the gateway asks of the module that knows services: stated here, so that neither
// imports the other. The gateway holds sockets and tunnels; what may come through them is decided by data that it is handed.
import type { BoardId, doors, Problem, ProjectId } from "@s4t/contract";
import type { Actor } from "../policy/index.ts";
import type { AuditInput } from "./facts.ts";

export type Door = (typeof doors)[number];

/** Where a stream ends: a port that the board reaches. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A public door: what the gateway has to know to let somebody through it. */
export interface PublicDoor extends Endpoint {
  readonly publicPort: number;
  readonly board: BoardId;
  readonly boardName: string;
  readonly project: ProjectId;
  /** Name of the service. */
  readonly service: string;
  /** Addresses and CIDR ranges that may come; everybody who gets there if empty. */
  readonly sources: readonly string[];
  readonly expiresAtMs: number | null;
}

/** A client's way to one board: what it may open on the tunnel that it dials. */
export interface WayRequest {
  readonly board: BoardId;
  readonly boardName: string;
  readonly project: ProjectId;
  readonly door: Exclude<Door, "port">;
  readonly actor: Actor;
  /** Of a forward: its endpoint, and the wish that lets the board allow it. */
  readonly forward: (Endpoint & { readonly uuid: string }) | null;
}

/** A stream that is open, as it is shown. */
export interface OpenConnection {
  readonly uuid: string;
  readonly board: BoardId;
  readonly project: ProjectId;
  readonly door: Door;
  readonly what: string;
  readonly from: string | null;
  readonly actor: string | null;
  readonly sinceMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of a public door: its port. */
  readonly publicPort: number | null;
}

/** Somebody who wants to know who comes to a board, and who leaves. */
export interface ConnectionWatcher {
  opened(connection: OpenConnection): void;
  ended(uuid: string): void;
}

/** Whether a public door is open, or why not. */
export type DoorState =
  | { readonly open: true }
  | { readonly open: false; readonly problem: Problem };

/** The gateway as modules see it. */
export interface Gateway {
  /** First and last public port. */
  readonly ports: readonly [first: number, last: number];
  /** Address that public ports are served on. */
  readonly address: string;
  /** Takes a public port of the machine, before anybody is told of it. Throws `port.taken`. */
  bind(port: number): Promise<void>;
  /** Gives back a port that was bound, and cuts who came through it. */
  unbind(port: number): void;
  /** Opens a door, or changes how it is open: who may no longer be there is cut. */
  serve(door: PublicDoor): void;
  state(port: number): DoorState;
  connections(board?: BoardId): readonly OpenConnection[];
  /** Tells of those to a board that open and end from now on. Returns how to stop. */
  watch(board: BoardId, watcher: ConnectionWatcher): () => void;
  /** Cuts a connection of a board; false where there is none. */
  cut(board: BoardId, uuid: string): boolean;
  /** A ticket for one client's tunnel. */
  issueWay(request: WayRequest): { readonly path: string; readonly ticket: string };
}

/** A line of the record of streams: what the audit is told, and which stream is open from here on, or no more. */
export interface StreamRecord {
  readonly entry: AuditInput & {
    readonly project: ProjectId;
    readonly resource: NonNullable<AuditInput["resource"]>;
  };
  readonly opens?: string | undefined;
  readonly closes?: string | undefined;
}

/** What the gateway asks of the module that knows services. */
export interface GatewayHost {
  /** Writes lines in one transaction. Throws what the database throws; nothing of them remains then. */
  record(records: readonly StreamRecord[]): Promise<void>;
  /** Every public door that shall be open: asked at the start. */
  listDoors(): Promise<readonly PublicDoor[]>;
  /** A forward's client is still there. False: the wish is gone, and so shall be the way. */
  renewForward(uuid: string): Promise<boolean>;
  /** A forward's client has gone. */
  endForward(uuid: string, actor: Actor): Promise<void>;
}

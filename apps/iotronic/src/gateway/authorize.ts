// The one question that every door asks before a stream is opened. Synchronous and pure but for its counts: whatever has to be
// looked up was looked up when the door was opened or the way was asked for.
import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import type { S4tError } from "@s4t/kit";
import type { Door } from "../edge/gateway.ts";
import { type Action, type Actor, denied, may } from "../policy/index.ts";

/** Streams to one board at once, through all doors: a small board's memory. */
export const MAX_STREAMS_PER_BOARD = 2_000;
/** Streams of the whole gateway: descriptors of one process, with room for everything else. */
export const MAX_STREAMS = 50_000;

/** Somebody at a door. */
export interface ConnectionRequest {
  readonly door: Door;
  readonly board: BoardId;
  readonly project: ProjectId;
  /** Address of the other end. */
  readonly from: string | null;
  /** Who asks, with the rights of now; null at a public port. */
  readonly actor: Actor | null;
  /** Of a public port: whether the address may come. */
  readonly isSource: ((address: string) => boolean) | null;
  readonly expiresAtMs: number | null;
  /** Whether what is asked for is what this way is for; always at a public port. */
  readonly fits: boolean;
}

export interface Refusal {
  readonly code: "request" | "expired" | "source" | "policy" | "offline" | "busy" | "unrecorded";
}

export interface AuthorizeDependencies {
  readonly now: () => number;
  readonly isConnected: (board: BoardId) => boolean;
  /** Streams that are open now: to this board, and in all. */
  readonly openTo: (board: BoardId) => number;
  readonly openInAll: () => number;
  /** Whether streams can be put on record at present. */
  readonly canRecord: () => boolean;
  readonly onDecision: (door: Door, outcome: "allowed" | Refusal["code"]) => void;
}

export type Authorize = (connection: ConnectionRequest) => Refusal | undefined;

const actionOf: Readonly<Record<Exclude<Door, "port">, Action>> = {
  forward: "stream.forward",
  shell: "stream.shell",
  files: "stream.files",
};

/** Whether somebody still has the right that their way was opened by. */
export const stillMay = (actor: Actor, door: Exclude<Door, "port">, project: ProjectId): boolean =>
  may(actor, actionOf[door], project);

/** What somebody with a way of their own is told. */
export const errorOf = (
  { code }: Refusal,
  door: Exclude<Door, "port">,
  problem: S4tError | undefined,
): S4tError => {
  if (code === "policy") return denied(actionOf[door]);
  if (code === "offline") return fail("board.offline");
  if (code === "busy") return fail("stream.busy", { because: "the cloud leads no more of them" });
  return problem ?? fail("stream.refused", { because: code });
};

const decide = (
  { door, board, project, from, actor, isSource, expiresAtMs, fits }: ConnectionRequest,
  deps: AuthorizeDependencies,
): Refusal["code"] | undefined => {
  if (expiresAtMs !== null && expiresAtMs <= deps.now()) return "expired";
  if (door === "port") {
    if (!isSource || from === null || !isSource(from)) return "source";
  } else if (!actor || !may(actor, actionOf[door], project)) return "policy";
  else if (actor.by && actor.by.untilMs <= deps.now()) return "expired";
  if (!fits) return "request";
  if (!deps.canRecord()) return "unrecorded";
  if (!deps.isConnected(board)) return "offline";
  if (deps.openTo(board) >= MAX_STREAMS_PER_BOARD || deps.openInAll() >= MAX_STREAMS) return "busy";
  return undefined;
};

/** Makes it; undefined as an answer lets in. */
export const createAuthorize =
  (deps: AuthorizeDependencies): Authorize =>
  (connection) => {
    const code = decide(connection, deps);
    deps.onDecision(connection.door, code ?? "allowed");
    return code === undefined ? undefined : { code };
  };

// The link: a router for boards, who may join it, who is there, and what they ask. It knows no module; `LinkHost` answers for them.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type BoardId,
  CONTRACT,
  fail,
  LINK_REALM,
  OLDEST_CONTRACT,
  toHex,
  wampErrorOf,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, type Part } from "@s4t/kit";
import {
  type ClientSession,
  type ConnectionFacts,
  createRouter,
  type IncomingCall,
  joinRealm,
  linkedPeers,
  type Peer,
  type Router,
  type RouterCounts,
  type SessionInfo,
  type SessionLimits,
  type WampError,
} from "@s4t/wamp";
import { secureRandom } from "@s4t/wamp/node";
import type { Errands } from "../edge/errands.ts";
import type { KnownBoard, Link, LinkHost, LinkSession } from "../edge/link.ts";
import type { Metrics } from "../edge/metrics.ts";
import type { Tracing } from "../edge/trace.ts";
import type { Tx } from "../ports/database.ts";
import { isAllowed } from "./allowed.ts";
import { type Asked, BACKLOG_PATH, createAsked } from "./asked.ts";
import { createCommand } from "./commands.ts";
import { type LinkDoor, openLinkDoor } from "./door.ts";
import { BOARD_ROLE, boardOf, type ContractWindow, linkAuthenticators } from "./join.ts";
import { type LinkMetrics, linkMetrics } from "./metrics.ts";
import { createPresence, type Presence } from "./presence.ts";
import { MAX_CALLS_PER_BOARD } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { toWire } from "./wire-errors.ts";

export interface LinkDependencies {
  readonly host: LinkHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly errands: Errands;
  /** A board's key was withdrawn: its session has just been ended. */
  readonly onRevoked: (board: BoardId) => void;
  /** Contracts that are spoken; those of this version unless said. */
  readonly contracts?: ContractWindow;
}

/** The link with what compose mounts. */
export interface RunningLink extends Link, Part {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What boards do by HTTP, with tickets that they asked for. */
  readonly asked: Pick<Asked, "appendBacklog" | "blobOf">;
  /**
   * A board whose agent speaks another protocol: what translates for it in this process has opened its session and joins as it. It says
   * `authextra` as every board does.
   */
  attachTranslated(
    peer: Peer,
    board: KnownBoard & { readonly epoch: number },
    connection: ConnectionFacts,
  ): void;
  counts(): LinkCounts;
}

/** `refused`: requests of boards that they may not make. `putOff`: joins that were to come again. The rest is the router's. */
export interface LinkCounts
  extends Pick<RouterCounts, "joined" | "unknownMessages" | "protocolViolations">,
    ReturnType<LinkDoor["counts"]> {
  readonly boards: number;
  readonly refused: number;
  /** Comings and goings that are not stored yet. */
  readonly waitingPresence: number;
}

/**
 * Requests that a board may make in a second, and at once after a quiet one. An agent makes a handful: one that floods is answered
 * `wamp.error.unavailable` before anything is looked up for it.
 */
export const BOARD_REQUESTS_PER_SECOND = 100;

/** What a board's session may hold. */
const boardLimits: Partial<SessionLimits> = {
  registrations: 1,
  subscriptions: 1,
  pendingCalls: 32,
  pendingInvocations: MAX_CALLS_PER_BOARD,
  requestsPerSecond: BOARD_REQUESTS_PER_SECOND,
};

/** Hooks a router with the link's realm together. */
class BoardLink implements RunningLink {
  readonly name = "link";
  readonly asked: Asked;
  readonly command: Link["command"];
  readonly #deps: LinkDependencies;
  readonly #contracts: ContractWindow;
  readonly #sessions: Sessions;
  readonly #router: Router;
  readonly #door: LinkDoor;
  readonly #presence: Presence;
  readonly #metrics: LinkMetrics;
  #cloud: ClientSession | undefined;
  #refused = 0;

  constructor(deps: LinkDependencies) {
    this.#deps = deps;
    this.#contracts = deps.contracts ?? { newest: CONTRACT, oldest: OLDEST_CONTRACT };
    this.#metrics = linkMetrics(deps.metrics, deps.clock.monotonicMs, () => this.counts());
    this.#presence = createPresence(deps.host, deps.clock, deps.log);
    const cloud = () => this.#cloud;
    this.#sessions = new Sessions({
      ...{ clock: deps.clock, presence: this.#presence, cloud },
      onHint: (outcome) => this.#metrics.hint(outcome),
    });
    const command = createCommand({
      ...{ clock: deps.clock, tracing: deps.tracing, sessions: this.#sessions, cloud },
      oldestContract: this.#contracts.oldest,
    });
    this.command = (board, procedure, args, options) =>
      this.#metrics.timed(procedure.name, () => command(board, procedure, args, options));
    const asked = createAsked({
      ...{ host: deps.host, clock: deps.clock, errands: deps.errands },
      isThere: (session) => this.#sessions.byId(session) !== undefined,
      onRefused: (board, what) =>
        this.#refuse(board, what, this.#sessions.of(board.uuid)?.address ?? null),
    });
    this.asked = {
      ...asked,
      appendBacklog: (...batch) =>
        this.#metrics.asked(BACKLOG_PATH, () => asked.appendBacklog(...batch)),
    };
    this.#router = createRouter(
      {
        realms: [
          {
            name: LINK_REALM,
            authenticators: linkAuthenticators({
              ...{ host: deps.host, clock: deps.clock, contracts: this.#contracts },
              onOpening: (board) => this.#sessions.opening(board),
              onPosing: (...said) => this.#refuse(null, ...said),
              onDenied: (method, code) => this.#metrics.joinRefused(method, code),
            }),
            authorize: (session, action, uri, options) =>
              this.#authorize(session, action, uri, options),
            onReserved: (session, action, uri) => this.#refuseRequest(session, action, uri),
            onJoin: (session, authextra) => this.#onJoin(session, authextra),
            onRegister: (session) => this.#onRegister(session),
            onLeave: (session, reason, because) => this.#onLeave(session, reason, because),
          },
        ],
      },
      { clock: deps.clock, random: secureRandom, log: deps.log },
    );
    this.#door = openLinkDoor(
      (peer, connection) => this.#router.attach(peer, { connection, limits: boardLimits }),
      deps.clock,
    );
  }

  async start(): Promise<void> {
    const [near, far] = linkedPeers();
    this.#router.attach(far, { trustedAs: { authid: "cloud", authrole: "cloud" } });
    const cloud = await joinRealm(
      near,
      { realm: LINK_REALM, mapError: (error) => this.#tell(error) },
      { clock: this.#deps.clock },
    );
    this.#cloud = cloud;
    await cloud.register("s4t.cloud.", (call) => this.#answer(call), {
      match: "prefix",
      discloseCaller: true,
    });
  }

  /** What went wrong here, as a board hears it; what is our fault is logged. */
  #tell(error: unknown): WampError {
    if (!isS4tError(error) || error.code === "internal")
      this.#deps.log.error("A board's request failed through our fault", { error });
    return toWire(error);
  }

  async stop(): Promise<void> {
    this.#door.close();
    this.#router.close();
    await this.#presence.flush();
    await this.#deps.host.stop();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head);
  }

  attachTranslated(
    peer: Peer,
    { uuid, project, name, epoch }: KnownBoard & { readonly epoch: number },
    connection: ConnectionFacts,
  ): void {
    this.#router.attach(peer, {
      connection,
      limits: boardLimits,
      trustedAs: {
        authid: toHex(uuid),
        authrole: BOARD_ROLE,
        authextra: { board: uuid, project, name, epoch },
      },
    });
  }

  counts() {
    const { joined, unknownMessages, protocolViolations } = this.#router.counts();
    return {
      ...{ boards: this.#sessions.size, refused: this.#refused },
      waitingPresence: this.#presence.waiting(),
      ...{ joined, unknownMessages, protocolViolations },
      ...this.#door.counts(),
    };
  }

  roundTripMs(board: BoardId): number | undefined {
    const session = this.#sessions.of(board);
    return session && this.#sessions.byId(session.session)?.roundTripMs?.();
  }

  isConnected(board: BoardId): boolean {
    return this.#sessions.of(board) !== undefined;
  }

  sessionOf(board: BoardId): LinkSession | undefined {
    return this.#sessions.of(board);
  }

  end(board: BoardId, code: "link.revoked"): void {
    const session = this.#sessions.of(board);
    if (session) this.#endSession(session.session, code);
    this.#deps.onRevoked(board);
  }

  retarget(tx: Tx, board: BoardId, revision: number): void {
    const trace = this.#deps.tracing.kept();
    tx.afterCommit(() => {
      if (trace) this.#deps.errands.targetChanged(board, revision, trace);
      this.#sessions.retargeted(board, revision);
    });
  }

  #endSession(session: number, code: "link.revoked" | "link.superseded"): void {
    this.#router.endSession(LINK_REALM, session, wampErrorOf(code), fail(code).message);
  }

  #authorize(
    session: SessionInfo,
    action: string,
    uri: string,
    options: Readonly<Record<string, unknown>>,
  ): "allow" | "deny" {
    if (isAllowed(session, action, uri, options)) return "allow";
    this.#refuseRequest(session, action, uri);
    return "deny";
  }

  #refuseRequest(session: SessionInfo, action: string, uri: string): void {
    const board = session.authrole === BOARD_ROLE ? boardOf(session.principalExtra) : null;
    this.#refuse(board, `${action} ${uri}`, session.connection.remoteAddress ?? null);
  }

  #refuse(board: KnownBoard | null, what: string, address: string | null): void {
    this.#refused += 1;
    this.#metrics.refused(what);
    this.#deps.host.onRefused(board, what, address);
  }

  #onJoin(session: SessionInfo, authextra: unknown): void {
    const joinedInMs = this.#door.joined(session.connection);
    if (session.authrole !== BOARD_ROLE) return;
    if (joinedInMs !== undefined) this.#metrics.joined(joinedInMs / 1_000);
    const opened = this.#sessions.open(session, authextra);
    const ended = opened.kind === "later" ? session.id : opened.earlier;
    if (ended !== undefined) this.#endSession(ended, "link.superseded");
  }

  /** A board has one registration: with it, it answers calls. */
  #onRegister(session: SessionInfo): void {
    const board = this.#sessions.byId(session.id);
    if (!board) return;
    this.#sessions.stepSame(board.uuid, session.id, { kind: "ready" });
    this.#deps.host.onReady(board.uuid);
  }

  #onLeave(session: SessionInfo, reason: string, because = reason): void {
    if (!this.#sessions.close(session.id, because)) return;
    this.asked.forget(session.id);
    this.#metrics.left(reason);
  }

  async #answer(call: IncomingCall): Promise<{ args: unknown[] }> {
    const session = call.caller?.session ?? -1;
    const board = this.#sessions.byId(session);
    if (!board) throw fail("link.superseded");
    const isOld = (this.#sessions.of(board.uuid)?.contract ?? 0) < this.#contracts.oldest;
    return this.#metrics.asked(call.procedure, () =>
      this.asked.answer({ board, session, isOld }, call),
    );
  }
}

/** Makes the link. */
export const createLink = (deps: LinkDependencies): RunningLink => new BoardLink(deps);

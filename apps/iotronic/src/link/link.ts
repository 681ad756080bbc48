// The link: who is connected, calls to boards, what boards may call. It knows no module; `LinkHost` answers for them.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type AnswerOf,
  type ArgsOf,
  type BoardId,
  boardPrefix,
  boardProcedures,
  boardUri,
  CONTRACT,
  check,
  cloudProcedures,
  cloudUri,
  fail,
  HelloExtra,
  LINK_REALM,
  OLDEST_CONTRACT,
  type Procedure,
  wampErrorOf,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, type Part } from "@s4t/kit";
import {
  type ClientSession,
  createRouter,
  type IncomingCall,
  joinRealm,
  linkedPeers,
  type Router,
  type RouterCounts,
  type SessionInfo,
  type SessionLimits,
  type WampError,
} from "@s4t/wamp";
import { secureRandom } from "@s4t/wamp/node";
import type { CommandOptions, KnownBoard, Link, LinkHost, LinkSession } from "../edge/link.ts";
import type { Metrics } from "../edge/metrics.ts";
import type { Tracing } from "../edge/trace.ts";
import type { Tx } from "../ports/database.ts";
import { type Asked, createAsked } from "./asked.ts";
import { type LinkDoor, openLinkDoor } from "./door.ts";
import { BOARD_ROLE, boardOf, type ContractWindow, linkAuthenticators } from "./join.ts";
import { type LinkMetrics, linkMetrics } from "./metrics.ts";
import { onceOffered } from "./once-offered.ts";
import { createPresence, type Presence } from "./presence.ts";
import {
  type BoardSession,
  MAX_CALLS_PER_BOARD,
  type SessionInput,
  stepSession,
} from "./session.ts";
import { tracedCall } from "./traced.ts";
import { checkAnswer, fromWire, toWire } from "./wire-errors.ts";

export interface LinkDependencies {
  readonly host: LinkHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
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

/** What a board's session may hold. */
const boardLimits: Partial<SessionLimits> = {
  registrations: 1,
  subscriptions: 1,
  pendingCalls: 32,
  pendingInvocations: MAX_CALLS_PER_BOARD,
};

type Connected = KnownBoard & {
  readonly epoch: number;
  readonly joinedMs: number;
  readonly roundTripMs?: (() => number | undefined) | undefined;
};

/** Hooks a router with the link's realm together; everything synchronous of it lives here. */
class BoardLink implements RunningLink {
  readonly name = "link";
  readonly #deps: LinkDependencies;
  readonly #sessions = new Map<BoardId, BoardSession>();
  readonly #bySession = new Map<number, Connected>();
  readonly asked: Asked;
  readonly #contracts: ContractWindow;
  readonly #router: Router;
  readonly #door: LinkDoor;
  readonly #presence: Presence;
  readonly #metrics: LinkMetrics;
  #cloud: ClientSession | undefined;
  #refused = 0;

  constructor(deps: LinkDependencies) {
    this.#deps = deps;
    this.#contracts = deps.contracts ?? { newest: CONTRACT, oldest: OLDEST_CONTRACT };
    this.asked = createAsked({
      ...{ host: deps.host, clock: deps.clock },
      isThere: (session) => this.#bySession.has(session),
      onRefused: (board, what) =>
        this.#refuse(board, what, this.#sessions.get(board.uuid)?.address ?? null),
    });
    this.#metrics = linkMetrics(deps.metrics, deps.clock.monotonicMs, () => this.counts());
    this.#presence = createPresence(deps.host, deps.clock, deps.log);
    this.#router = createRouter(
      {
        realms: [
          {
            name: LINK_REALM,
            authenticators: linkAuthenticators(deps.host, deps.clock, this.#contracts, (...said) =>
              this.#refuse(null, ...said),
            ),
            authorize: (session, action, uri, options) =>
              this.#authorize(session, action, uri, options),
            onJoin: (session) => this.#onJoin(session),
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
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head);
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
    const session = this.#sessions.get(board);
    return session && this.#bySession.get(session.session)?.roundTripMs?.();
  }

  isConnected(board: BoardId): boolean {
    return this.#sessions.has(board);
  }

  sessionOf(board: BoardId): LinkSession | undefined {
    return this.#sessions.get(board);
  }

  end(board: BoardId, code: "link.revoked"): void {
    const session = this.#sessions.get(board);
    if (session)
      this.#router.endSession(LINK_REALM, session.session, wampErrorOf(code), fail(code).message);
    this.#deps.onRevoked(board);
  }

  retarget(tx: Tx, board: BoardId, revision: number): void {
    tx.afterCommit(() => this.#step(board, { kind: "retargeted", revision }));
  }

  command<P extends Procedure>(
    board: BoardId,
    procedure: P,
    args: ArgsOf<P>,
    options: CommandOptions,
  ): Promise<AnswerOf<P>> {
    return this.#metrics.timed(procedure.name, () =>
      this.#command(board, procedure, args, options),
    );
  }

  async #command<P extends Procedure>(
    board: BoardId,
    procedure: P,
    args: ArgsOf<P>,
    options: CommandOptions,
  ): Promise<AnswerOf<P>> {
    const session = this.#sessions.get(board);
    const cloud = this.#cloud;
    if (!session || !cloud) throw fail("board.offline");
    const { clock } = this.#deps;
    const { contract } = session;
    if (contract < this.#contracts.oldest) throw fail("board.upgrade-only", { contract });
    const [feature = ""] = procedure.name.split(".", 1);
    if (feature !== "link" && !session.features.includes(feature))
      throw fail("board.unsupported", { feature });
    if (session.calls >= MAX_CALLS_PER_BOARD) throw fail("board.busy", { pending: session.calls });
    this.#step(board, { kind: "callStarted" });
    const timeoutMs = Math.min(options.timeoutMs ?? procedure.timeoutMs, procedure.timeoutMs);
    try {
      const { signal } = options;
      const { args: answer } = await tracedCall(this.#deps, { board, procedure }, (more) =>
        onceOffered(
          clock,
          () => this.#bySession.get(session.session)?.joinedMs,
          signal,
          () =>
            cloud.call(boardUri(board, procedure), { ...more, args: [args], timeoutMs, signal }),
        ),
      );
      return checkAnswer(procedure, answer[0] ?? {});
    } catch (error) {
      throw fromWire(error, timeoutMs, options.signal);
    } finally {
      this.#stepSame(board, session.session, { kind: "callEnded" });
    }
  }

  #step(board: BoardId, input: SessionInput): void {
    const before = this.#sessions.get(board);
    if (!before) return;
    const { state, effects } = stepSession(before, input);
    this.#sessions.set(board, state);
    for (const effect of effects) {
      if (effect.kind === "sendHint") this.#hint(board, effect.revision, state.session);
      else
        this.#deps.clock.after(effect.delayMs, () =>
          this.#stepSame(board, state.session, { kind: "hintDue" }),
        );
    }
  }

  /** A turn for what came of an earlier one, unless the board has another session by now. */
  #stepSame(board: BoardId, session: number, input: SessionInput): void {
    if (this.#sessions.get(board)?.session === session) this.#step(board, input);
  }

  #hint(board: BoardId, revision: number, session: number): void {
    const { hint } = boardProcedures.link;
    this.#cloud
      ?.call(boardUri(board, hint), { args: [{ revision }], timeoutMs: hint.timeoutMs })
      .then(
        () => {
          this.#metrics.hint("answered");
          this.#stepSame(board, session, { kind: "hintAnswered" });
        },
        () => {
          this.#metrics.hint("unanswered");
          this.#stepSame(board, session, { kind: "hintFailed" });
        },
      );
  }

  #authorize(
    session: SessionInfo,
    action: string,
    uri: string,
    options: Readonly<Record<string, unknown>>,
  ): "allow" | "deny" {
    if (session.authrole === "cloud") return "allow";
    const allowed =
      session.authrole === BOARD_ROLE &&
      ((action === "call" && allowedCalls.has(uri)) ||
        (action === "register" &&
          options.match === "prefix" &&
          uri === boardPrefix(String(session.principalExtra.board))));
    if (allowed) return "allow";
    const board = session.authrole === BOARD_ROLE ? boardOf(session.principalExtra) : null;
    this.#refuse(board, `${action} ${uri}`, session.connection.remoteAddress ?? null);
    return "deny";
  }

  #refuse(board: KnownBoard | null, what: string, address: string | null): void {
    this.#refused += 1;
    this.#deps.host.onRefused(board, what, address);
  }

  #onJoin(session: SessionInfo): void {
    const joinedInMs = this.#door.joined(session.connection);
    if (session.authrole !== BOARD_ROLE) return;
    if (joinedInMs !== undefined) this.#metrics.joined(joinedInMs / 1_000);
    const board = boardOf(session.principalExtra);
    const extra = check(HelloExtra, session.authextra, "authextra");
    const address = session.connection.remoteAddress ?? null;
    const earlier = this.#sessions.get(board.uuid);
    if (earlier && earlier.epoch > board.epoch) {
      // Two joins crossed: the later epoch is in already, this one is stale before it began.
      this.#router.endSession(LINK_REALM, session.id, wampErrorOf("link.superseded"));
      return;
    }
    const { roundTripMs } = session.connection;
    const joinedMs = this.#deps.clock.monotonicMs();
    this.#bySession.set(session.id, { ...board, joinedMs, roundTripMs });
    this.#sessions.set(board.uuid, {
      board: board.uuid,
      project: board.project,
      name: board.name,
      session: session.id,
      epoch: board.epoch,
      pubkey: extra.pubkey,
      contract: extra.contract,
      features: extra.features,
      address,
      joinedAtMs: this.#deps.clock.now(),
      hint: "idle",
      unanswered: 0,
      revision: 0,
      calls: 0,
    });
    if (earlier)
      this.#router.endSession(
        LINK_REALM,
        earlier.session,
        wampErrorOf("link.superseded"),
        fail("link.superseded").message,
      );
    this.#presence.note({
      board,
      epoch: board.epoch,
      event: "joined",
      atMs: this.#deps.clock.now(),
      reason: null,
      address,
    });
  }

  #onLeave(session: SessionInfo, reason: string, because = reason): void {
    const board = this.#bySession.get(session.id);
    if (!board) return;
    this.#bySession.delete(session.id);
    this.asked.forget(session.id);
    this.#metrics.left(reason);
    if (this.#sessions.get(board.uuid)?.session !== session.id) return;
    this.#sessions.delete(board.uuid);
    this.#presence.note({
      board,
      epoch: board.epoch,
      event: "left",
      atMs: this.#deps.clock.now(),
      reason: because,
      address: null,
    });
  }

  async #answer(call: IncomingCall): Promise<{ args: unknown[] }> {
    const session = call.caller?.session ?? -1;
    const board = this.#bySession.get(session);
    if (!board) throw fail("link.superseded");
    const isOld = (this.#sessions.get(board.uuid)?.contract ?? 0) < this.#contracts.oldest;
    return this.#metrics.asked(call.procedure, () =>
      this.asked.answer({ board, session, isOld }, call),
    );
  }
}

/** The procedures that a board may call. */
const allowedCalls: ReadonlySet<string> = new Set(Object.values(cloudProcedures).map(cloudUri));

/** Makes the link. */
export const createLink = (deps: LinkDependencies): RunningLink => new BoardLink(deps);

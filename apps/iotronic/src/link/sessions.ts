// The boards that are there: by their id and by their session, one session a board; the turns of each, and its hints.
import { type BoardId, boardProcedures, boardUri } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { ClientSession, SessionInfo } from "@s4t/wamp";
import type { KnownBoard } from "../edge/link.ts";
import { boardOf, helloOf } from "./join.ts";
import type { Presence } from "./presence.ts";
import { type BoardSession, type SessionInput, stepSession } from "./session.ts";

/** A session's board, with what is asked of its connection. */
export type Connected = KnownBoard & {
  readonly epoch: number;
  readonly joinedMs: number;
  readonly roundTripMs?: (() => number | undefined) | undefined;
};

/** Lists of features that boards share. */
const MAX_SHARED_FEATURES = 100;

/** What came of a joining. `later`: two joins crossed and another is in already, so that this one was stale before it began. */
export type Opened =
  | { readonly kind: "opened"; readonly earlier: number | undefined }
  | { readonly kind: "later" };

export interface SessionsDependencies {
  readonly clock: Clock;
  readonly presence: Presence;
  /** Our own session, through which boards are hinted; undefined before it is there. */
  readonly cloud: () => ClientSession | undefined;
  readonly onHint: (outcome: "answered" | "unanswered") => void;
}

/** Everything of it is synchronous. */
export class Sessions {
  readonly #deps: SessionsDependencies;
  readonly #ofBoard = new Map<BoardId, BoardSession>();
  readonly #byId = new Map<number, Connected>();
  readonly #features = new Map<string, readonly string[]>();
  /** Boards whose session is being opened → the revision that their target came to meanwhile; null while nothing changed. */
  readonly #opening = new Map<BoardId, number | null>();

  constructor(deps: SessionsDependencies) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#ofBoard.size;
  }

  of(board: BoardId): BoardSession | undefined {
    return this.#ofBoard.get(board);
  }

  /** The board of a session that is there. */
  byId(session: number): Connected | undefined {
    return this.#byId.get(session);
  }

  /**
   * A board's session is about to be opened: a change of its target is not lost from here on. One that comes to nothing is remembered
   * until the next; that one is then hinted once too often.
   */
  opening(board: BoardId): void {
    if (!this.#opening.has(board)) this.#opening.set(board, null);
  }

  /** A board's target or jobs changed. */
  retargeted(board: BoardId, revision: number): void {
    if (this.#opening.has(board)) this.#opening.set(board, revision);
    this.step(board, { kind: "retargeted", revision });
  }

  /** A board joined, saying this of itself. `earlier`: its session until now, which is to be ended. */
  open(session: SessionInfo, authextra: unknown): Opened {
    const { clock, presence } = this.#deps;
    const board = boardOf(session.principalExtra);
    const extra = helloOf(authextra);
    const { remoteAddress: address = null, roundTripMs } = session.connection;
    const earlier = this.#ofBoard.get(board.uuid);
    if (earlier && earlier.epoch > board.epoch) return { kind: "later" };
    const { uuid, project, name, epoch } = board;
    const changed = this.#opening.get(uuid) ?? null;
    this.#opening.delete(uuid);
    const joinedMs = clock.monotonicMs();
    this.#byId.set(session.id, { uuid, project, name, epoch, joinedMs, roundTripMs });
    this.#ofBoard.set(board.uuid, {
      board: board.uuid,
      project: board.project,
      name: board.name,
      session: session.id,
      epoch: board.epoch,
      pubkey: extra.pubkey,
      contract: extra.contract,
      features: this.#shared(extra.features),
      address,
      joinedAtMs: clock.now(),
      hint: changed === null ? "early" : "early-stale",
      unanswered: 0,
      revision: changed ?? 0,
      calls: 0,
    });
    presence.note({
      board,
      epoch: board.epoch,
      event: "joined",
      atMs: clock.now(),
      reason: null,
      address,
    });
    return { kind: "opened", earlier: earlier?.session };
  }

  /** One list for all who said the same: there are as many as releases of the agent. */
  #shared(features: readonly string[]): readonly string[] {
    const key = JSON.stringify(features);
    const known = this.#features.get(key);
    if (known) return known;
    if (this.#features.size >= MAX_SHARED_FEATURES) this.#features.clear();
    this.#features.set(key, features);
    return features;
  }

  /** A session ended. Answers whether it was a board's. */
  close(session: number, reason: string): boolean {
    const { clock, presence } = this.#deps;
    const board = this.#byId.get(session);
    if (!board) return false;
    this.#byId.delete(session);
    if (this.#ofBoard.get(board.uuid)?.session !== session) return true;
    this.#ofBoard.delete(board.uuid);
    presence.note({
      board,
      epoch: board.epoch,
      event: "left",
      atMs: clock.now(),
      reason,
      address: null,
    });
    return true;
  }

  step(board: BoardId, input: SessionInput): void {
    const before = this.#ofBoard.get(board);
    if (!before) return;
    const { state, effects } = stepSession(before, input);
    this.#ofBoard.set(board, state);
    for (const effect of effects) {
      if (effect.kind === "sendHint") this.#hint(board, effect.revision, state.session);
      else
        this.#deps.clock.after(effect.delayMs, () =>
          this.stepSame(board, state.session, { kind: "hintDue" }),
        );
    }
  }

  /** A turn for what came of an earlier one, unless the board has another session by now. */
  stepSame(board: BoardId, session: number, input: SessionInput): void {
    if (this.#ofBoard.get(board)?.session === session) this.step(board, input);
  }

  #hint(board: BoardId, revision: number, session: number): void {
    const { hint } = boardProcedures.link;
    this.#deps
      .cloud()
      ?.call(boardUri(board, hint), { args: [{ revision }], timeoutMs: hint.timeoutMs })
      .then(
        () => {
          this.#deps.onHint("answered");
          this.stepSame(board, session, { kind: "hintAnswered" });
        },
        () => {
          this.#deps.onHint("unanswered");
          this.stepSame(board, session, { kind: "hintFailed" });
        },
      );
  }
}

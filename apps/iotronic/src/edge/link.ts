// What modules may ask of the link, and what the link asks of modules: stated here, so that neither imports the other.
import type {
  AnswerOf,
  ArgsOf,
  BoardId,
  cloudProcedures,
  HelloExtra,
  Job,
  KnownOfBoard,
  Procedure,
  ProjectId,
  ReportBatch,
  Target,
} from "@s4t/contract";
import type { Tx } from "../ports/database.ts";

/** The link as modules see it. */
export interface Link {
  /**
   * Calls one board, once. Throws `board.offline` at once when it is not there, `command.unknown` when the link broke after
   * sending, `deadline.exceeded`, and what the board itself says.
   */
  command<P extends Procedure>(
    board: BoardId,
    procedure: P,
    args: ArgsOf<P>,
    options: CommandOptions,
  ): Promise<AnswerOf<P>>;
  /** "Look again": the board's target or jobs change with this transaction. The board is hinted after its commit. */
  retarget(tx: Tx, board: BoardId, revision: number): void;
  isConnected(board: BoardId): boolean;
  /** The session of a board that is there. */
  sessionOf(board: BoardId): LinkSession | undefined;
  /** The last round trip of the keep-alive to a board that is there; undefined before the first. */
  roundTripMs(board: BoardId): number | undefined;
  /** Ends a board's session now: its key was withdrawn. */
  end(board: BoardId, code: "link.revoked"): void;
}

/** A board's session: what belongs to it ends with it. */
export interface LinkSession {
  /** Greater than that of every earlier session of the board. */
  readonly epoch: number;
  /** Ed25519 public key, hex, that the board joined with. */
  readonly pubkey: string;
}

export interface CommandOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** A board as the link knows it. */
export interface KnownBoard {
  readonly uuid: BoardId;
  readonly project: ProjectId;
  readonly name: string;
}

/** A board's coming or going. `epoch` fences: a going of an older session says nothing about the present one. */
export interface PresenceEvent {
  readonly board: KnownBoard;
  readonly epoch: number;
  readonly event: "joined" | "left";
  readonly atMs: number;
  /** WAMP reason of a going; null for a coming. */
  readonly reason: string | null;
  readonly address: string | null;
}

/** What the link needs of the modules that know boards. */
export interface LinkHost {
  /** The board of a key; undefined for a key that is not known, withdrawn, or another board's. */
  findByKey(pubkey: string, board: string): Promise<KnownBoard | undefined>;
  /** Uses a code up and stores the key. Throws `enrolment.invalid`, `.expired`, `.used`. */
  enrol(code: string, extra: HelloExtra, address: string | null): Promise<KnownBoard>;
  /** Opens a session durably: answers its epoch, and what is known. Throws `link.revoked` for a key that was withdrawn meanwhile. */
  openSession(
    board: KnownBoard,
    extra: HelloExtra,
  ): Promise<{ readonly epoch: number; readonly knows: KnownOfBoard }>;
  /** Hears of a board that has joined and answers calls. */
  onReady(board: BoardId): void;
  /** Stores comings and goings, many at once. */
  storePresence(events: readonly PresenceEvent[]): Promise<void>;
  /** The whole target, and its tag as at a join. A stale epoch is refused with `link.superseded`. */
  targetFor(
    board: KnownBoard,
    epoch: number,
  ): Promise<{ readonly target: Target; readonly tag: string }>;
  /** Throws `blob.not-found` for bytes that the board's target does not name, and `link.superseded` for a stale epoch. */
  requireBlob(board: KnownBoard, epoch: number, sha256: string): Promise<void>;
  /** Jobs of the board's lane behind a cursor, from now on the board's. A stale epoch is refused with `link.superseded`. */
  jobsFor(board: KnownBoard, epoch: number, after: number): Promise<{ jobs: Job[]; more: boolean }>;
  /**
   * Stores a batch once, and answers the last number that is safe. A stale epoch's batch is refused with `link.superseded`; `refuse`
   * hears of rows about what is another board's: they are left out. `describe`: there were values of series that nobody knows.
   */
  appendReport(
    board: KnownBoard,
    epoch: number,
    batch: ReportBatch,
    refuse: (what: string) => void,
  ): Promise<AnswerOf<typeof cloudProcedures.reportAppend>>;
  /** Hears of what a board was refused. */
  onRefused(board: KnownBoard | null, what: string, address: string | null): void;
  /** No board asks any more: what is still to be written down of them is. */
  stop(): Promise<void>;
}

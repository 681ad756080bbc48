// A board's session on the link as plain data, and its turns. It decides when a board is hinted: at most one hint is under
// way; what changed meanwhile is told by the next one; a hint without an answer is given again, more seldom each time.
//
//   early      → ready → idle, or [send] when something changed meanwhile
//   retargeted → [send] → answered → idle, or [send] again when something changed meanwhile
//                       → failed   → [wait] → due → [send]

/** Wait after the first hint without an answer; doubled from one to the next. */
export const HINT_RETRY_MS = 5_000;
/** Longest wait between hints. */
export const MAX_HINT_RETRY_MS = 300_000;
/** Most calls under way to one board: a board is small, and its caller should hear so at once. */
export const MAX_CALLS_PER_BOARD = 64;

/** The state; a test holds it under 2 KiB serialised. */
export interface BoardSession {
  readonly board: string;
  readonly project: string;
  readonly name: string;
  readonly session: number;
  readonly epoch: number;
  /** Ed25519 public key, hex, that it joined with. */
  readonly pubkey: string;
  readonly contract: number;
  readonly features: readonly string[];
  readonly address: string | null;
  readonly joinedAtMs: number;
  /** `early`: it does not answer calls yet. */
  readonly hint: "early" | "early-stale" | "idle" | "sent" | "sent-stale" | "waiting";
  /** Hints without an answer since the last one that had one. */
  readonly unanswered: number;
  readonly revision: number;
  readonly calls: number;
}

export type SessionInput =
  | { readonly kind: "ready" }
  | { readonly kind: "retargeted"; readonly revision: number }
  | { readonly kind: "hintAnswered" }
  | { readonly kind: "hintFailed" }
  | { readonly kind: "hintDue" }
  | { readonly kind: "callStarted" }
  | { readonly kind: "callEnded" };

export type SessionEffect =
  | { readonly kind: "sendHint"; readonly revision: number }
  | { readonly kind: "startHintTimer"; readonly delayMs: number };

export interface SessionStep {
  readonly state: BoardSession;
  readonly effects: readonly SessionEffect[];
}

const retryMs = (unanswered: number): number =>
  Math.min(MAX_HINT_RETRY_MS, HINT_RETRY_MS * 2 ** Math.min(unanswered, 16));
const stay = (state: BoardSession): SessionStep => ({ state, effects: [] });
const hint = (state: BoardSession): SessionStep => ({
  state: { ...state, hint: "sent" },
  effects: [{ kind: "sendHint", revision: state.revision }],
});

/** One turn. */
export const stepSession = (state: BoardSession, input: SessionInput): SessionStep => {
  switch (input.kind) {
    case "ready":
      if (state.hint === "early-stale") return hint(state);
      return stay(state.hint === "early" ? { ...state, hint: "idle" } : state);
    case "retargeted": {
      const next = { ...state, revision: Math.max(state.revision, input.revision) };
      if (state.hint === "early" || state.hint === "early-stale")
        return stay({ ...next, hint: "early-stale" });
      const isUnderWay = state.hint === "sent" || state.hint === "sent-stale";
      return isUnderWay ? stay({ ...next, hint: "sent-stale" }) : hint(next);
    }
    case "hintAnswered":
      return state.hint === "sent-stale"
        ? hint({ ...state, unanswered: 0 })
        : stay({ ...state, hint: "idle", unanswered: 0 });
    case "hintFailed":
      return {
        state: { ...state, hint: "waiting", unanswered: state.unanswered + 1 },
        effects: [{ kind: "startHintTimer", delayMs: retryMs(state.unanswered) }],
      };
    case "hintDue":
      return state.hint === "waiting" ? hint(state) : stay(state);
    case "callStarted":
      return stay({ ...state, calls: state.calls + 1 });
    case "callEnded":
      return stay({ ...state, calls: state.calls - 1 });
  }
};

// A board's session on the link as plain data, and its turns. It decides when a board is hinted: at most one hint is under
// way; what changed meanwhile is told by the next one.
//
//   retargeted → [hint] → answered → idle, or [hint] again when something changed meanwhile
//                       → failed   → idle: the board asks for its target at every join anyhow

/** Most calls under way to one board: a board is small, and its caller should hear so at once. */
export const MAX_CALLS_PER_BOARD = 64;

/** The state; a test holds it under 2 KiB serialised. */
export interface BoardSession {
  readonly board: string;
  readonly project: string;
  readonly name: string;
  readonly session: number;
  readonly epoch: number;
  readonly contract: number;
  readonly features: readonly string[];
  readonly address: string | null;
  readonly joinedAtMs: number;
  readonly hint: "idle" | "sent" | "sent-stale";
  readonly revision: number;
  readonly calls: number;
}

export type SessionInput =
  | { readonly kind: "retargeted"; readonly revision: number }
  | { readonly kind: "hintAnswered" }
  | { readonly kind: "hintFailed" }
  | { readonly kind: "callStarted" }
  | { readonly kind: "callEnded" };

export type SessionEffect = { readonly kind: "sendHint"; readonly revision: number };

export interface SessionStep {
  readonly state: BoardSession;
  readonly effects: readonly SessionEffect[];
}

const stay = (state: BoardSession): SessionStep => ({ state, effects: [] });
const hint = (state: BoardSession): SessionStep => ({
  state: { ...state, hint: "sent" },
  effects: [{ kind: "sendHint", revision: state.revision }],
});

/** One turn. */
export const stepSession = (state: BoardSession, input: SessionInput): SessionStep => {
  switch (input.kind) {
    case "retargeted": {
      const next = { ...state, revision: Math.max(state.revision, input.revision) };
      return state.hint === "idle" ? hint(next) : stay({ ...next, hint: "sent-stale" });
    }
    case "hintAnswered":
      return state.hint === "sent-stale" ? hint(state) : stay({ ...state, hint: "idle" });
    case "hintFailed":
      return stay({ ...state, hint: "idle" });
    case "callStarted":
      return stay({ ...state, calls: state.calls + 1 });
    case "callEnded":
      return stay({ ...state, calls: state.calls - 1 });
  }
};

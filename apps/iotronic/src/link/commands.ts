// A command to a board that is there: what it may be asked, how long it may take, and what its failure means to who asked.
import { type BoardId, boardUri, fail, type Procedure } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { ClientSession } from "@s4t/wamp";
import type { Link } from "../edge/link.ts";
import type { Tracing } from "../edge/trace.ts";
import { onceOffered } from "./once-offered.ts";
import { type BoardSession, MAX_CALLS_PER_BOARD } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { tracedCall } from "./traced.ts";
import { checkAnswer, fromWire } from "./wire-errors.ts";

export interface CommandsDependencies {
  readonly clock: Clock;
  readonly tracing: Tracing;
  readonly sessions: Sessions;
  /** Our own session, which calls; undefined before it is there. */
  readonly cloud: () => ClientSession | undefined;
  /** Boards of an older contract are only to be upgraded. */
  readonly oldestContract: number;
}

/** What only boards with the original agent have: what they lack is said with that. */
const originalFeature = "original";

/** Throws where a board that is there cannot be asked this. */
const requireAble = (
  { contract, features, calls }: BoardSession,
  procedure: Procedure,
  oldestContract: number,
): void => {
  if (contract < oldestContract) throw fail("board.upgrade-only", { contract });
  const [feature = ""] = procedure.name.split(".", 1);
  if (feature !== "link" && !features.includes(feature)) {
    if (features.includes(originalFeature))
      throw fail("board.original", { what: `it has no ${procedure.name}` });
    throw fail("board.unsupported", { feature });
  }
  if (calls >= MAX_CALLS_PER_BOARD) throw fail("board.busy", { pending: calls });
};

/** Makes it: `Link.command`. */
export const createCommand = (deps: CommandsDependencies): Link["command"] => {
  const { clock, sessions, oldestContract } = deps;
  return async (board: BoardId, procedure, args, options) => {
    const session = sessions.of(board);
    const cloud = deps.cloud();
    if (!session || !cloud) throw fail("board.offline");
    requireAble(session, procedure, oldestContract);
    sessions.step(board, { kind: "callStarted" });
    const timeoutMs = Math.min(options.timeoutMs ?? procedure.timeoutMs, procedure.timeoutMs);
    try {
      const { signal } = options;
      const { args: answer } = await tracedCall(deps, { board, procedure }, (more) =>
        onceOffered(
          clock,
          () => sessions.byId(session.session)?.joinedMs,
          signal,
          () =>
            cloud.call(boardUri(board, procedure), { ...more, args: [args], timeoutMs, signal }),
        ),
      );
      return checkAnswer(procedure, answer[0] ?? {});
    } catch (error) {
      throw fromWire(error, timeoutMs, options.signal);
    } finally {
      sessions.stepSame(board, session.session, { kind: "callEnded" });
    }
  };
};

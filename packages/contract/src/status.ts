// The state of a board in one word: list, page, map and command line all take it from here.

/** Words for a board's state; meanings in `docs/glossary.md`. */
export const boardStates = [
  "new",
  "online",
  "degraded",
  "offline",
  "asleep",
  "busy",
  "unknown",
  "retired",
] as const;
export type BoardState = (typeof boardStates)[number];

/** What the cloud knows of a board when it says how the board is. Times in ms UTC. */
export interface BoardFacts {
  readonly retired: boolean;
  /** Whether the board's key is known, that is, whether it ever enrolled. */
  readonly enrolled: boolean;
  readonly connected: boolean;
  /** Target entries that the board reported as failed. */
  readonly failedEntries: number;
  /** An announced change (restart, reboot, update) is under way until this moment. */
  readonly busyUntil: number | null;
  readonly lastSeenAt: number | null;
}

/** The one function that says how a board is. */
export const statusOf = (facts: BoardFacts, now: number): BoardState => {
  if (facts.retired) return "retired";
  if (!facts.enrolled) return "new";
  if (facts.connected) return facts.failedEntries > 0 ? "degraded" : "online";
  if (facts.busyUntil !== null && facts.busyUntil > now) return "busy";
  if (facts.lastSeenAt === null) return "new";
  return "offline";
};

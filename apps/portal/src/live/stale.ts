// How old something looks. Three clocks: this page's link to the cloud, the board's link, and the value's own period.
import { EVENT_BEAT_MS } from "@s4t/sdk";

/** Without a beat for this long the page says that it is cut off: one and a half beats. */
export const LINK_STALE_MS = EVENT_BEAT_MS * 1.5;
/** A cut shorter than this is nobody’s news. */
export const LINK_QUIET_MS = 3_000;
/** A value is late after this many of its own periods. */
const LATE_PERIODS = 2;
/** … and stale after this many. */
const STALE_PERIODS = 5;

export type Freshness = "fresh" | "late" | "stale";

export interface ValueFacts {
  readonly ageMs: number;
  readonly periodMs: number;
  readonly boardConnected: boolean;
  /** This page is cut off from the cloud: it cannot know what is measured now. */
  readonly cut?: boolean;
}

/** The freshness of a measured value. A board that is gone makes all its values stale at once. */
export const freshnessOf = ({ ageMs, periodMs, boardConnected, cut }: ValueFacts): Freshness => {
  if (cut || !boardConnected || ageMs > periodMs * STALE_PERIODS) return "stale";
  return ageMs > periodMs * LATE_PERIODS ? "late" : "fresh";
};

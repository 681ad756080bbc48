// Whoever changes or removes what has a revision may say which one they saw.
import { fail } from "@s4t/contract";

/** Throws `request.stale` unless it is the revision that the caller saw. */
export const requireRev = (ifMatch: number | undefined, rev: number): void => {
  if (ifMatch !== undefined && ifMatch !== rev)
    throw fail("request.stale", { sent: ifMatch, current: rev });
};

// How fast a session may ask: a bucket that holds one second's worth and fills evenly.
import type { Clock } from "@s4t/kit";
import type { Member } from "./member.ts";

/** Says whether one more request of a session is taken now. */
export interface Pace {
  takes(member: Member): boolean;
  forget(member: Member): void;
}

interface Bucket {
  left: number;
  filledMs: number;
}

/** Makes a {@link Pace} by the sessions' limits. A session without one has no bucket. */
export const createPace = (clock: Clock): Pace => {
  const buckets = new Map<Member, Bucket>();
  return {
    takes(member) {
      const { requestsPerSecond } = member.limits;
      if (requestsPerSecond === Number.POSITIVE_INFINITY) return true;
      const nowMs = clock.monotonicMs();
      const bucket = buckets.get(member) ?? { left: requestsPerSecond, filledMs: nowMs };
      buckets.set(member, bucket);
      const filled = bucket.left + ((nowMs - bucket.filledMs) / 1_000) * requestsPerSecond;
      bucket.left = Math.min(requestsPerSecond, filled);
      bucket.filledMs = nowMs;
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
    forget: (member) => buckets.delete(member),
  };
};

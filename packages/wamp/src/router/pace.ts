// How fast a session may ask: a bucket that holds one second's worth and fills evenly.
import type { Clock } from "@s4t/kit";
import type { Member } from "./member.ts";

/** Says whether one more request of a session is taken now. */
export interface Pace {
  takes(member: Member): boolean;
  forget(member: Member): void;
}

/** Buckets above which those that are full again are let go of: a session at rest needs none. */
const SWEPT_FROM = 1_024;

interface Bucket {
  left: number;
  filledMs: number;
}

const filled = ({ left, filledMs }: Bucket, perSecond: number, nowMs: number): number =>
  Math.min(perSecond, left + ((nowMs - filledMs) / 1_000) * perSecond);

/** Makes a {@link Pace} by the sessions' limits. A session without one has no bucket. */
export const createPace = (clock: Clock): Pace => {
  const buckets = new Map<Member, Bucket>();
  let sweepAt = SWEPT_FROM;
  const sweep = (nowMs: number): void => {
    for (const [member, bucket] of buckets) {
      const { requestsPerSecond } = member.limits;
      if (filled(bucket, requestsPerSecond, nowMs) === requestsPerSecond) buckets.delete(member);
    }
    sweepAt = Math.max(SWEPT_FROM, buckets.size * 2);
  };
  return {
    takes(member) {
      const { requestsPerSecond } = member.limits;
      if (requestsPerSecond === Number.POSITIVE_INFINITY) return true;
      const nowMs = clock.monotonicMs();
      let bucket = buckets.get(member);
      if (!bucket) {
        if (buckets.size >= sweepAt) sweep(nowMs);
        bucket = { left: requestsPerSecond, filledMs: nowMs };
        buckets.set(member, bucket);
      }
      bucket.left = filled(bucket, requestsPerSecond, nowMs);
      bucket.filledMs = nowMs;
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
    forget: (member) => buckets.delete(member),
  };
};

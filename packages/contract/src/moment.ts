// Moments as people write them, wherever one may be said: in a query, on the command line.
import { LAST_MOMENT_MS } from "./board/link.ts";

const msOf = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `2026-11-24T10:00:00Z`, `2026-11-24`, or an age such as `-24h` → ms UTC; undefined for everything else. */
export const momentOf = (text: string, nowMs: number): number | undefined => {
  const age = /^-(\d+(?:\.\d+)?)(ms|s|m|min|h|d)$/.exec(text);
  if (age) {
    const moment = Math.round(nowMs - Number(age[1]) * msOf[age[2] as keyof typeof msOf]);
    return moment >= -LAST_MOMENT_MS ? moment : undefined;
  }
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text))
    return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
};

// Durations and sizes as people write them (`90s`, `20 MB`), for settings and the command line.
import { S4tError } from "./errors.ts";

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `"90s"`, `"5 min"`, `"1h"`, `"250ms"` → milliseconds. Throws `request.invalid` for anything else. */
export const parseDurationMs = (text: string): number => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(text);
  const unit = match ? durationUnits[match[2] as string] : undefined;
  if (!match || unit === undefined)
    throw new S4tError(
      "request.invalid",
      `“${text}” is not a duration. Write for example 90s, 5m, 1h.`,
    );
  return Math.round(Number(match[1]) * unit);
};

/** Milliseconds → `"1h 5m"`, two units at most. */
export const printDuration = (ms: number): string => {
  const parts: string[] = [];
  let left = Math.round(ms / 1_000);
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(left / size);
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
    left -= count * size;
  }
  return parts.join(" ") || "0s";
};

// What a plugin writes, cut into lines. A plugin that shouts costs the agent no more than looking for line ends: beyond its budget
// lines are counted, not made.
import { MAX_PLUGIN_LINE_LENGTH } from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";

/** What is made into lines of one plugin within {@link BUDGET_EVERY_MS}; a thousand lines of a screen's width. */
export const BUDGET_BYTES = 131_072;
export const BUDGET_EVERY_MS = 1_000;
const NEWLINE = 10;

/** How much may still be used now. */
export interface Budget {
  take(bytes: number): boolean;
}

/** Makes a budget that is whole again each second. */
export const createBudget = (clock: Clock, bytes: number): Budget => {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let left = bytes;
  return {
    take(wanted) {
      const nowMs = clock.monotonicMs();
      if (nowMs - sinceMs >= BUDGET_EVERY_MS) {
        sinceMs = nowMs;
        left = bytes;
      }
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
  };
};

export interface Output {
  write(bytes: Buffer): void;
  /** A last line that has no end. */
  end(): void;
}

const countLines = (bytes: Buffer): number => {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
};

/** Cuts one stream. `onLeftOut` is told how many lines are missing, before the next one that is not, or a while later. */
export const createOutput = (
  clock: Clock,
  budget: Budget,
  onLine: (text: string) => void,
  onLeftOut: (count: number) => void,
): Output => {
  let begun = Buffer.alloc(0);
  let leftOut = 0;
  /** The rest of a line that is too long, or of one that was left out. */
  let isSkipping = false;

  let timer: Timer | undefined;
  const tellLeftOut = (): void => {
    timer?.cancel();
    timer = undefined;
    if (leftOut > 0) onLeftOut(leftOut);
    leftOut = 0;
  };
  const make = (line: Buffer): void => {
    tellLeftOut();
    onLine(line.toString("utf8", 0, MAX_PLUGIN_LINE_LENGTH * 4).slice(0, MAX_PLUGIN_LINE_LENGTH));
  };

  const write = (bytes: Buffer): void => {
    if (!budget.take(bytes.length)) {
      leftOut += countLines(bytes) + (begun.length > 0 ? 1 : 0);
      begun = Buffer.alloc(0);
      isSkipping = bytes.at(-1) !== NEWLINE;
      timer ??= clock.after(BUDGET_EVERY_MS, tellLeftOut);
      return;
    }
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      const piece = bytes.subarray(from, at);
      from = at + 1;
      if (isSkipping) isSkipping = false;
      else make(begun.length > 0 ? Buffer.concat([begun, piece]) : piece);
      begun = Buffer.alloc(0);
    }
    if (from === bytes.length || isSkipping) return;
    begun = Buffer.concat([begun, bytes.subarray(from)]);
    if (begun.length <= MAX_PLUGIN_LINE_LENGTH * 4) return;
    make(begun);
    begun = Buffer.alloc(0);
    isSkipping = true;
  };

  return {
    write,
    end() {
      if (begun.length > 0) make(begun);
      tellLeftOut();
      begun = Buffer.alloc(0);
    },
  };
};

// What a plugin writes: the last lines are kept, and told as they come while somebody follows.
import {
  MAX_LINES_PER_ROW,
  MAX_PLUGIN_LINE_LENGTH,
  PLUGIN_LINES_KEPT,
  type PluginLine,
  type ReportRow,
} from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";
import type { WrittenLine } from "./runner.ts";

/** Between two rows of live lines: quick enough to read along, and at most four rows a second. */
export const LINES_EVERY_MS = 250;
/** Most characters of one row: a plugin that shouts must not fill the link. More lines are left out, and counted. */
export const MAX_LINES_ROW_LENGTH = 65_536;

export interface Lines {
  write(line: WrittenLine): void;
  /** The last ones, oldest first, and how many were written before them that are gone. */
  last(count: number): { lines: PluginLine[]; dropped: number };
  /** Tells lines from now on for as long; 0 ends it. */
  follow(leaseS: number): void;
  close(): void;
}

/** Makes the lines of one plugin. */
export const createLines = (
  plugin: string,
  { clock, tell }: { readonly clock: Clock; readonly tell: (row: ReportRow) => void },
): Lines => {
  let seq = 0;
  /** A ring: line `n` is at `n % PLUGIN_LINES_KEPT`. */
  const kept: PluginLine[] = [];
  let followedUntilMs = 0;
  let waiting: PluginLine[] = [];
  let length = 0;
  let dropped = 0;
  let timer: Timer | undefined;

  const send = (): void => {
    timer = undefined;
    tell({ kind: "lines", plugin, lines: waiting, dropped });
    waiting = [];
    length = 0;
    dropped = 0;
  };

  return {
    write({ level, text }) {
      const line: PluginLine = {
        seq,
        atMs: clock.now(),
        level,
        text: text.slice(0, MAX_PLUGIN_LINE_LENGTH),
      };
      kept[seq % PLUGIN_LINES_KEPT] = line;
      seq += 1;
      if (clock.monotonicMs() >= followedUntilMs) return;
      if (waiting.length >= MAX_LINES_PER_ROW || length >= MAX_LINES_ROW_LENGTH) dropped += 1;
      else {
        waiting.push(line);
        length += line.text.length;
      }
      timer ??= clock.after(LINES_EVERY_MS, send);
    },
    last(count) {
      const from = Math.max(0, seq - Math.min(count, PLUGIN_LINES_KEPT));
      const lines: PluginLine[] = [];
      for (let n = from; n < seq; n += 1) {
        const line = kept[n % PLUGIN_LINES_KEPT];
        if (line) lines.push(line);
      }
      return { lines, dropped: Math.max(0, seq - PLUGIN_LINES_KEPT) };
    },
    follow(leaseS) {
      followedUntilMs = leaseS === 0 ? 0 : clock.monotonicMs() + leaseS * 1_000;
    },
    close: () => timer?.cancel(),
  };
};

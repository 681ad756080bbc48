// What a plugin writes: the last lines are kept, and told as they come while somebody follows.
import {
  MAX_LINES_PER_ROW,
  MAX_PLUGIN_LINE_LENGTH,
  PLUGIN_LINES_KEPT,
  type PluginLine,
  type ReportRow,
} from "@s4t/contract";
import { type Clock, createGathering } from "@s4t/kit";
import type { WrittenLine } from "./runner.ts";

/** Between two times that live lines are told: quick enough to read along, and gathers what is written at once. */
export const LINES_EVERY_MS = 250;
/** How long the first lines after a silence of {@link LINES_EVERY_MS} wait for more: who reads along sees them at once. */
export const LINES_GATHER_MS = 20;
/** Most that is told of one plugin within {@link LINES_EVERY_MS}: one that shouts must not fill the link. The rest waits its turn. */
export const MAX_LINES_TOLD_BYTES = 65_536;
/** What a line costs on the link beside its text: number, moment, level. */
const LINE_BYTES = 64;
/** Lines that wait at most before they are told at once: well before the first of them is let go. */
const TELL_AT_ONCE = PLUGIN_LINES_KEPT / 4;

export interface Lines {
  write(line: WrittenLine): void;
  /** The last ones, oldest first, and how many were written before them that are gone. */
  last(count: number): { lines: PluginLine[]; dropped: number };
  /**
   * Tells lines from now on for as long; 0 ends it. The last one is told again each time: by its number whoever follows sees what
   * was lost on the way.
   */
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
  /** The next one to tell, out of the ring: what was let go before its turn is counted. */
  let next = 0;
  let room = MAX_LINES_TOLD_BYTES;
  let roomSinceMs = Number.NEGATIVE_INFINITY;
  let toldMs = Number.NEGATIVE_INFINITY;

  const isFollowed = (): boolean => clock.monotonicMs() < followedUntilMs;
  const from = (n: number, to: number): PluginLine[] => {
    const lines: PluginLine[] = [];
    for (let at = n; at < to; at += 1) {
      const line = kept[at % PLUGIN_LINES_KEPT];
      if (line) lines.push(line);
    }
    return lines;
  };

  const tellRow = (): void => {
    const first = Math.max(next, seq - PLUGIN_LINES_KEPT);
    const lines: PluginLine[] = [];
    for (const line of from(first, Math.min(seq, first + MAX_LINES_PER_ROW))) {
      if (room <= 0) break;
      room -= line.text.length + LINE_BYTES;
      lines.push(line);
    }
    const dropped = first - next;
    next = first + lines.length;
    tell({ kind: "lines", plugin, lines, dropped });
  };
  const tellWaiting = (): void => {
    if (!isFollowed()) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - roomSinceMs >= LINES_EVERY_MS) {
      roomSinceMs = nowMs;
      room = MAX_LINES_TOLD_BYTES;
    }
    if (next < seq) toldMs = nowMs;
    while (next < seq && room > 0) tellRow();
    if (next < seq) tellWithin(LINES_EVERY_MS);
  };
  const telling = createGathering(clock, tellWaiting);
  /** No sooner than its pace allows. */
  const tellWithin = (ms: number): void =>
    telling.within(Math.max(ms, toldMs + LINES_EVERY_MS - clock.monotonicMs()));

  return {
    write({ level, text }) {
      kept[seq % PLUGIN_LINES_KEPT] = {
        ...{ seq, atMs: clock.now(), level },
        text: text.slice(0, MAX_PLUGIN_LINE_LENGTH),
      };
      seq += 1;
      if (!isFollowed()) return;
      if (seq - next >= TELL_AT_ONCE && room > 0) tellWaiting();
      else tellWithin(LINES_GATHER_MS);
    },
    last: (count) => ({
      lines: from(Math.max(0, seq - Math.min(count, PLUGIN_LINES_KEPT)), seq),
      dropped: Math.max(0, seq - PLUGIN_LINES_KEPT),
    }),
    follow(leaseS) {
      const again = Math.max(0, seq - 1);
      next = isFollowed() ? Math.min(next, again) : again;
      followedUntilMs = leaseS === 0 ? 0 : clock.monotonicMs() + leaseS * 1_000;
      // With what is written next, where that is sooner.
      if (next < seq) tellWithin(LINES_EVERY_MS);
    },
    close: telling.cancel,
  };
};

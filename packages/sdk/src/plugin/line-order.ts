// Puts lines of a plugin in order, each once: those that a board keeps, read now and then, and those that come live. Lines carry
// numbers; a number that is missing asks for a read, and what no read brings is counted. It reads nothing itself.
import type { PluginLine } from "@s4t/contract";

/** Live lines that wait for a read; beyond them the read itself, or the next one, tells what is missing. */
const MAX_WAITING = 4_096;

export interface LineOrderOptions {
  /** Begins with the last so many lines that are kept, or with the one of a number. */
  readonly start: { readonly count: number } | { readonly from: number };
  readonly onLine: (line: PluginLine) => void;
  /** Lines that are gone: the board let them go before they could be told. */
  readonly onSkipped: (count: number) => void;
}

export interface LineOrder {
  /** Live lines. Answers whether the kept ones have to be read. */
  live(lines: readonly PluginLine[]): boolean;
  /** Before the kept ones are asked for: what comes meanwhile waits for them. */
  hold(): void;
  /** All that the board keeps, asked for since. */
  kept(lines: readonly PluginLine[]): void;
}

/** Makes one. */
export const createLineOrder = ({ start, onLine, onSkipped }: LineOrderOptions): LineOrder => {
  let next: number | undefined;
  /** Moment of the last line shown: with its number it tells it from one of a later start of the agent, which counts anew. */
  let lastAtMs: number | undefined;
  let waiting: PluginLine[] = [];
  let isHeld = true;

  const show = (line: PluginLine): void => {
    if (next !== undefined && line.seq > next) onSkipped(line.seq - next);
    next = line.seq + 1;
    lastAtMs = line.atMs;
    onLine(line);
  };
  const isCountedAnew = (lines: readonly PluginLine[]): boolean => {
    if (next === undefined || next === 0) return false;
    const last = lines.at(-1)?.seq ?? -1;
    const same = lines.find(({ seq }) => seq + 1 === next);
    const isOther = same !== undefined && lastAtMs !== undefined && same.atMs !== lastAtMs;
    return last < next - 1 || isOther;
  };
  /** Shows what follows without a gap. Answers whether something is missing. */
  const drain = (): boolean => {
    for (let line = waiting[0]; line; line = waiting[0]) {
      if (next === undefined || line.seq > next) return true;
      // Told again; but of a later moment it is another line: the agent counts anew.
      if (line.seq < next && line.atMs > (lastAtMs ?? line.atMs)) return true;
      waiting.shift();
      if (line.seq === next) show(line);
    }
    return false;
  };

  return {
    live(lines) {
      waiting.push(...lines);
      if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
      return !isHeld && drain();
    },
    hold() {
      isHeld = true;
    },
    kept(lines) {
      isHeld = false;
      const end = (lines.at(-1)?.seq ?? -1) + 1;
      if (next === undefined) {
        next = "from" in start ? start.from : Math.max(lines[0]?.seq ?? 0, end - start.count);
        lastAtMs = lines.find(({ seq }) => seq + 1 === next)?.atMs;
      } else if (isCountedAnew(lines)) {
        next = 0;
        waiting = waiting.filter(({ atMs }) => atMs > (lastAtMs ?? 0));
      }
      const begin = next;
      const bySeq = new Map(
        [...waiting, ...lines].filter(({ seq }) => seq >= begin).map((line) => [line.seq, line]),
      );
      waiting = [];
      for (const line of [...bySeq.values()].sort((a, b) => a.seq - b.seq)) show(line);
    },
  };
};

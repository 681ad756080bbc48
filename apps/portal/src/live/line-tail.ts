// The last lines of a plugin: what is read and what arrives overlap, so each line is kept once.
import { PLUGIN_LINES_KEPT, type PluginLine } from "./contract.ts";

/** A board counts anew when its agent starts anew: number and moment together tell a line from all others. */
const printOf = ({ seq, atMs }: PluginLine): string => `${seq} ${atMs}`;

/** The lines that there were and those that came, in the order of time, each once, no more than are kept. */
export const mergeLines = (
  present: readonly PluginLine[],
  came: readonly PluginLine[],
): readonly PluginLine[] => {
  const known = new Set(present.map(printOf));
  const fresh = came.filter((line) => !known.has(printOf(line)));
  if (fresh.length === 0) return present;
  const all = [...present, ...fresh];
  const isInOrder = (present.at(-1)?.atMs ?? 0) <= (fresh[0]?.atMs ?? 0);
  if (!isInOrder) all.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
  return all.slice(-PLUGIN_LINES_KEPT);
};

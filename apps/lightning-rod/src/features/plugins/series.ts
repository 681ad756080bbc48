// Values that plugins measure, as series of the board: `plugin.<name>.<series>`. A series is described before its first value;
// how many there are, and how often, is bounded, since a plugin is somebody's first program.
import { type ReportRow, SeriesName } from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";
import { Check } from "typebox/value";

/** Most series of one plugin: a hundred plugins of ten each fill the board's dictionary. */
export const MAX_SERIES_PER_PLUGIN = 32;
/** Values of a second travel together. */
export const EMIT_EVERY_MS = 1_000;
/** Most moments of one second at which the same series has a value. */
export const MAX_EMITS_PER_ROUND = 20;
/** What is told of a series whose values come as they come. */
const PERIOD_S = 60;
/** Longest unit that the contract takes. */
const MAX_UNIT_LENGTH = 32;

type Described = Extract<ReportRow, { kind: "series" }>["series"];
type Points = Extract<ReportRow, { kind: "points" }>;

export interface PluginSeries {
  /** Takes a value in; answers why it is left out, or undefined. */
  emit(plugin: string, series: string, value: number, unit: string): string | undefined;
  describe(): Described;
  forget(plugin: string): void;
  close(): void;
}

export interface PluginSeriesDependencies {
  readonly clock: Clock;
  readonly uptimeMs: () => number;
  readonly store: (row: Points) => void;
  /** Something is measured that was not described yet. */
  readonly onDescribed: () => void;
}

/** Makes the series of all plugins. */
export const createPluginSeries = ({
  clock,
  uptimeMs,
  store,
  onDescribed,
}: PluginSeriesDependencies): PluginSeries => {
  const units = new Map<string, Map<string, string>>();
  let rows: (Points & { values: Record<string, number> })[] = [];
  let timer: Timer | undefined;

  const flush = (): void => {
    timer = undefined;
    for (const row of rows) store(row);
    rows = [];
  };

  /** Into the newest moment that lacks the series, so that several series of one moment are one row. */
  const place = (name: string, value: number): string | undefined => {
    const open = rows.at(-1);
    if (open && !Object.hasOwn(open.values, name)) open.values[name] = value;
    else if (rows.length < MAX_EMITS_PER_ROUND)
      rows.push({
        kind: "points",
        atMs: clock.now(),
        monotonicMs: uptimeMs(),
        values: { [name]: value },
      });
    else return "too many values a second";
    timer ??= clock.after(EMIT_EVERY_MS, flush);
    return undefined;
  };

  return {
    emit(plugin, series, value, unit) {
      const name = `plugin.${plugin}.${series}`;
      if (!Check(SeriesName, name))
        return "its name is not one of lower-case letters, digits, . _ -";
      if (!Number.isFinite(value)) return "its value is no number";
      const known = units.get(plugin) ?? new Map<string, string>();
      if (!known.has(series) && known.size >= MAX_SERIES_PER_PLUGIN)
        return `a plugin has at most ${MAX_SERIES_PER_PLUGIN} series`;
      const short = unit.replaceAll("\0", "").slice(0, MAX_UNIT_LENGTH);
      if (known.get(series) !== short) {
        units.set(plugin, known.set(series, short));
        onDescribed();
      }
      return place(name, value);
    },
    describe: () =>
      Object.fromEntries(
        [...units].flatMap(([plugin, known]) =>
          [...known].map(([series, unit]) => [
            `plugin.${plugin}.${series}`,
            { unit, periodS: PERIOD_S },
          ]),
        ),
      ),
    forget: (plugin) => void units.delete(plugin),
    close() {
      timer?.cancel();
      flush();
    },
  };
};

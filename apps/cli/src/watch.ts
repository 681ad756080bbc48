// Live values of a board: the event socket as one line a sample, or one JSON object a line for programs.
import pc from "picocolors";
import type { Context } from "./context.ts";
import { openEvents } from "./events.ts";

const shownValue = (value: number, unit: string): string => {
  if (unit === "By") return `${(value / 1_048_576).toFixed(0)} MiB`;
  if (unit === "By/s") return `${(value / 1_024).toFixed(1)} KiB/s`;
  return `${value.toFixed(2)}${unit === "1" ? "" : ` ${unit}`}`;
};

interface Sample {
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

const lineOf = ({ at, values }: Sample, units: ReadonlyMap<string, string>): string =>
  `${pc.dim(new Date(at).toLocaleTimeString())}  ${Object.entries(values)
    .filter(([name]) => !name.endsWith("total"))
    .map(([name, value]) => `${name} ${pc.bold(shownValue(value, units.get(name) ?? "1"))}`)
    .join("  ")}`;

/** Shows values as they arrive, until the signal aborts or `count` were shown. */
export const watchValues = (
  context: Context,
  uuid: string,
  units: ReadonlyMap<string, string>,
  count: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let seen = 0;
    const { out, signal } = context;
    const { events, ended } = openEvents(context);
    const end = (error?: unknown): void => {
      events.close();
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = (): void => end();
    ended.catch(end);
    signal.addEventListener("abort", onAbort);
    const show = (sample: Sample): void => {
      if (out.json)
        out.raw(`${JSON.stringify({ ...sample, at: new Date(sample.at).toISOString() })}\n`);
      else out.raw(`${lineOf(sample, units)}\n`);
      seen += 1;
      if (seen >= count) end();
    };
    events.subscribe(`series:${uuid}`, { onChange: show, onError: end });
  });

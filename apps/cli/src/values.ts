// Measured values of a board: the latest ones, and a series over a time, for people, for spreadsheets, for programs.
import { exportValues, fail, momentOf, type Range, type Series } from "@s4t/sdk";
import { type Command, Option } from "commander";
import { type Context, examples, run } from "./context.ts";
import { csvLine } from "./csv.ts";
import { ageText } from "./output.ts";

/** Lines of a range that fit a screen: what people get unless they ask for more. */
const SCREEN_POINTS = 24;

interface ValuesOptions {
  readonly series?: string;
  readonly from: string;
  readonly to?: string;
  readonly points?: string;
  readonly all?: boolean;
  readonly csv?: boolean;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

interface Row {
  readonly time: string;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

const rowsOf = ({ at, mean, min, max }: Range): Row[] =>
  at.map((ms, i) => ({
    time: timeOf(ms),
    mean: mean[i] ?? null,
    min: min[i] ?? null,
    max: max[i] ?? null,
  }));

const printLatest = async ({ out }: Context, rows: readonly Series[], csv: boolean) => {
  if (csv) {
    out.raw(csvLine("series", "unit", "time", "value"));
    for (const { name, unit, at, value } of rows) out.raw(csvLine(name, unit, at, value));
    return;
  }
  await out.list(
    rows,
    [
      ["series", (row) => row.name],
      ["value", (row) => (row.value === null ? "–" : String(row.value))],
      ["unit", (row) => row.unit],
      ["measured", (row) => ageText(row.at)],
      ["stored every", (row) => `${row.periodS} s`],
    ],
    "The board has reported no values yet.",
  );
};

/** What a reader of the values should know besides: on standard error, so that files hold values only. */
const remark = ({ out }: Context, { dropped, damagedDays = [] }: Range): void => {
  if (dropped > 0) out.note(`The board dropped ${dropped} values of this range while cut off.`);
  if (damagedDays.length > 0) out.note(`Damaged, and left out: ${damagedDays.join(", ")}`);
};

const printRange = async (context: Context, range: Range): Promise<void> => {
  const { out } = context;
  if (out.json) return out.thing(range, []);
  out.line(
    `${range.series} in ${range.unit}, ${range.stepS === 0 ? "as measured" : `steps of ${range.stepS} s`}`,
  );
  const text = (value: number | null): string => (value === null ? "–" : String(value));
  await out.list(
    rowsOf(range),
    range.stepS === 0
      ? [
          ["time", (row) => row.time],
          ["value", (row) => text(row.mean)],
        ]
      : [
          ["time", (row) => row.time],
          ["mean", (row) => text(row.mean)],
          ["min", (row) => text(row.min)],
          ["max", (row) => text(row.max)],
        ],
    "No values in this range.",
  );
  remark(context, range);
};

/** Everything in the finest form, a stretch at a time: a year of values need not fit in memory. */
const printAll = async (
  context: Context,
  board: string,
  series: string,
  { from, to, csv = false }: ValuesOptions,
): Promise<void> => {
  const { out } = context;
  const moment = (text: string, where: string): number => {
    const found = momentOf(text, Date.now());
    if (found === undefined)
      throw fail("request.invalid", {
        where,
        because: "is neither RFC 3339 nor an age such as -24h",
      });
    return found;
  };
  const client = context.client();
  const fromMs = moment(from, "--from");
  const toMs = to === undefined ? Date.now() : moment(to, "--to");
  const { signal } = context;
  const whole = await client.observations.range({
    ...{ params: { uuid: board }, signal },
    query: { series, from: timeOf(fromMs), to: timeOf(toMs), points: 1 },
  });
  async function* rows(): AsyncGenerator<Row> {
    for await (const range of exportValues(client, { board, series, fromMs, toMs, signal }))
      yield* rowsOf(range);
  }
  if (csv) {
    out.raw(csvLine("time", "mean", "min", "max"));
    for await (const { time, mean, min, max } of rows()) out.raw(csvLine(time, mean, min, max));
  } else
    await out.list(
      rows(),
      [
        ["time", (row) => row.time],
        ["value", (row) => String(row.mean ?? "–")],
      ],
      "No values in this range.",
    );
  remark(context, whole);
};

const values = async (context: Context, name: string, options: ValuesOptions): Promise<void> => {
  const { series, from, to, points, all = false, csv = false } = options;
  const { out, signal } = context;
  if (csv && out.json)
    throw fail("request.invalid", { where: "--csv", because: "--json asks for another form" });
  const client = context.client();
  const params = { uuid: name };
  if (series === undefined) {
    const { items } = await client.observations.series({ params, signal });
    return printLatest(context, items, csv);
  }
  if (all) return printAll(context, name, series, options);
  const most = points ?? (csv || out.json ? undefined : SCREEN_POINTS);
  const range = await client.observations.range({
    ...{ params, signal },
    query: { series, from, to, ...(most === undefined ? {} : { points: Number(most) }) },
  });
  if (!csv) return printRange(context, range);
  out.raw(csvLine("time", "mean", "min", "max"));
  for (const { time, mean, min, max } of rowsOf(range)) out.raw(csvLine(time, mean, min, max));
  remark(context, range);
};

/** Adds `board values`. */
export const addValues = (board: Command): void => {
  const command = board
    .command("values")
    .description("what a board measures: the latest values, or one series over a time")
    .argument("<board>", "id or name")
    .option("--series <name>", "this series over a time")
    .option("--from <time>", "RFC 3339, or an age such as -24h", "-24h")
    .option("--to <time>", "until then; now unless said")
    .option("--points <n>", "most points, rolled up to fit; 24 on a screen, 500 for programs")
    .addOption(
      new Option("--all", "every value in the finest form that is kept").conflicts("points"),
    )
    .option("--csv", "for spreadsheets");
  examples(
    command,
    "board values garibaldi-12",
    "board values garibaldi-12 --series cpu.load1 --from -7d",
    "board values garibaldi-12 --series cpu.load1 --from 2026-11-01 --to 2026-12-01 --all --csv",
    "board values garibaldi-12 --series cpu.load1 --points 100 --json",
  );
  run(command, (context, [name = ""], options: ValuesOptions) => values(context, name, options));
};

// Measured values as people and programs take them out: `s4t board values`, the real command line against a whole cloud.
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildCli, createHome, type Ran, runCli } from "../../cli/test/fake-cloud.ts";
import { type BoardSession, enrolBoard, joinAs } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";

const minuteMs = 60_000;
/** Minutes of history: more than one answer of the cloud holds. */
const minutes = 4_500;
/** A measurement each second, though the board says one a minute by now. */
const seconds = 5_000;
const end = Math.floor(Date.now() / minuteMs) * minuteMs - minuteMs;

const home = createHome();
let cloud: TestCloud;
let board: BoardSession;
beforeAll(async () => {
  await buildCli();
  cloud = await openTestCloud();
  board = await joinAs(cloud, await enrolBoard(cloud, "lamp"));
  let seq = 1;
  const report = async (rows: readonly object[]): Promise<void> => {
    for (let at = 0; at < rows.length; at += 500) {
      const some = rows.slice(at, at + 500);
      await board.report(seq, some);
      seq += some.length;
    }
  };
  const each = { unit: "1", periodS: 60 };
  await report([{ kind: "series", series: { load: each, often: each, silent: each } }]);
  const rows = (count: number, stepMs: number, name: string) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ kind: "points", monotonicMs: i },
      atMs: end - (count - 1 - i) * stepMs,
      values: { [name]: i + 0.25 },
    }));
  await report([...rows(minutes, minuteMs, "load"), ...rows(seconds, 1_000, "often")]);
  await report([{ kind: "dropped", fromMs: end - 7_200_000, toMs: end - 3_600_000, count: 9 }]);
}, 120_000);
afterAll(async () => {
  await board.session.close();
  await cloud.close();
  home.remove();
});

const values = (...args: string[]): Promise<Ran> =>
  runCli(home.path, ["board", "values", "lamp", ...args], {
    env: { S4T_URL: cloud.url, S4T_TOKEN: cloud.admin },
  });
const from = new Date(end - minutes * minuteMs).toISOString();
const to = new Date(end + 1).toISOString();
const linesOf = ({ code, err, out }: Ran): string[] => {
  expect(code, err).toBe(0);
  return out.trimEnd().split("\n");
};

it("shows the latest value of each series, for people, as JSON and as CSV", async () => {
  const shown = linesOf(await values());
  expect(shown[1]).toMatch(/^load +4499\.25 +1 +\d+ (s|min) ago +60 s$/);
  expect(shown[3]).toMatch(/^silent +– +1 +never +60 s$/);
  const rows = JSON.parse((await values("--json")).out);
  expect(rows[0]).toMatchObject({ name: "load", value: 4_499.25, unit: "1", periodS: 60 });
  expect(linesOf(await values("--csv"))).toEqual([
    "series,unit,time,value",
    `load,1,${new Date(end).toISOString()},4499.25`,
    `often,1,${new Date(end).toISOString()},4999.25`,
    "silent,1,,",
  ]);
});

it("shows a range so that it fits a screen, and says what the board dropped", async () => {
  const ran = await values("--series", "load", "--from", from, "--to", to);
  const lines = linesOf(ran);
  expect(lines[0]).toMatch(/^load in 1, steps of \d+ s$/);
  expect(lines.length).toBeLessThanOrEqual(26);
  expect(ran.err).toContain("dropped 9 values");
  const short = new Date(end - 2 * minuteMs).toISOString();
  const raw = linesOf(await values("--series", "load", "--from", short, "--to", to));
  expect(raw[0]).toBe("load in 1, as measured");
  expect(raw.slice(2).map((line) => line.split(/\s+/)[1])).toEqual([
    "4497.25",
    "4498.25",
    "4499.25",
  ]);
});

it("gives programs the range as the API says it, with as many points as asked for at most", async () => {
  const ran = await values(
    "--series",
    "load",
    "--from",
    from,
    "--to",
    to,
    "--points",
    "10",
    "--json",
  );
  const range = JSON.parse(linesOf(ran).join("\n"));
  expect(range).toMatchObject({ series: "load", unit: "1", dropped: 9 });
  expect(range.at.length).toBeGreaterThan(4);
  expect(range.at.length).toBeLessThanOrEqual(10);
  expect(Math.max(...range.max)).toBe(4_499.25);
  expect(
    JSON.parse((await values("--series", "load", "--json")).out).at.length,
  ).toBeLessThanOrEqual(500);
});

it.each([
  ["load", minutes, minuteMs],
  ["often", seconds, 1_000],
])("exports every value of %s, more than one answer holds", async (series, count, stepMs) => {
  const ran = await values("--series", series, "--from", from, "--to", to, "--all", "--csv");
  const [head, ...rows] = linesOf(ran);
  expect(head).toBe("time,mean,min,max");
  expect(rows).toEqual(
    Array.from({ length: count }, (_, i) => {
      const value = i + 0.25;
      const time = new Date(end - (count - 1 - i) * stepMs).toISOString();
      return `${time},${value},${value},${value}`;
    }),
  );
  expect(ran.err).toContain("dropped 9 values");
});

it("streams everything as one JSON array", async () => {
  const ran = await values("--series", "load", "--from", from, "--to", to, "--all", "--json");
  const rows = JSON.parse(ran.out) as { time: string; mean: number }[];
  expect(rows).toHaveLength(minutes);
  expect(rows.at(-1)).toMatchObject({ time: new Date(end).toISOString(), mean: 4_499.25 });
});

it.each([
  [["--series", "none"], 66, "series.not-found"],
  [["--series", "none", "--all"], 66, "series.not-found"],
  [["--series", "load", "--from", "yesterday"], 64, "request.invalid"],
  [["--series", "load", "--from", "yesterday", "--all"], 64, "request.invalid"],
  [["--series", "load", "--from", "-99999999999999d", "--all"], 64, "request.invalid"],
  [["--series", "load", "--points", "5000"], 64, "request.invalid"],
  [["--series", "load", "--points", "many"], 64, "request.invalid"],
  [["--csv", "--json"], 64, "request.invalid"],
  [["--series", "load", "--points", "5", "--all"], 64, "cannot be used with"],
] as const)("refuses %j", async (args, code, because) => {
  const ran = await values(...args);
  expect([ran.code, ran.out]).toEqual([code, ""]);
  expect(ran.err).toContain(because);
});

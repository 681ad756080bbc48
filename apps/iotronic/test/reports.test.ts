// What a faulty board reports: what cannot be read or stored is left out and counted, everything else is heard, and the board is
// told that it need not send it again.
import type { Range } from "@s4t/contract";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { type BoardSession, enrolBoard, joinAs } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { readMetrics } from "./exposition.ts";

/** How often it was asked whose operations a batch names, and whether that fails. */
const looking = vi.hoisted(() => ({ fails: false, asked: [] as number[] }));
vi.mock(import("../src/modules/operations/store.ts"), async (load) => {
  const store = await load();
  const listOperationsOfOthers: typeof store.listOperationsOfOthers = (...asked) => {
    looking.asked.push(asked[3].length);
    return looking.fails
      ? Promise.reject(new TypeError("the database went away"))
      : store.listOperationsOfOthers(...asked);
  };
  return { ...store, listOperationsOfOthers };
});

let cloud: TestCloud;
let uuid = "";
let board: BoardSession;
let seq = 1;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

/** A board of its own for each test, with two described series. */
const join = async (name: string): Promise<void> => {
  const enrolled = await enrolBoard(cloud, name);
  uuid = enrolled.uuid;
  seq = 1;
  board = await joinAs(cloud, enrolled);
  const described = { unit: "1", periodS: 60 };
  await say({ kind: "series", series: { good: described, other: described } });
};
afterEach(() => board.session.close());

/** Reports rows, and expects that they are acknowledged. */
const say = async (...rows: object[]): Promise<void> => {
  const last = seq + rows.length - 1;
  expect(await board.report(seq, rows)).toBe(last);
  seq = last + 1;
};
const now = Date.now();
const points = (values: object, atMs: unknown = now) => ({
  ...{ kind: "points", atMs, monotonicMs: 1 },
  values,
});
const rangeOf = async (series: string): Promise<Range["mean"]> => {
  const from = new Date(now - 86_400_000).toISOString();
  const { body } = await cloud.call(
    "GET",
    `/api/boards/${uuid}/observations?series=${series}&from=${from}&points=4000`,
    { token: cloud.admin },
  );
  return body.mean;
};
const grown = async (work: () => Promise<void>): Promise<Record<string, number>> => {
  const before = await readMetrics(cloud.url);
  await work();
  const after = await readMetrics(cloud.url);
  return Object.fromEntries(
    [...after]
      .filter(([key, value]) => /_total/.test(key) && value > (before.get(key) ?? 0))
      .map(([key, value]) => [key, value - (before.get(key) ?? 0)]),
  );
};

it("a value of a series that nobody described holds back no other, and is counted", async () => {
  await join("stray");
  const counts = await grown(() =>
    say(points({ good: 1, never: 2 }), points({ never: 3 }, now - 1), points({ other: 4 })),
  );
  expect(await rangeOf("good")).toEqual([1]);
  expect(await rangeOf("other")).toEqual([4]);
  expect(counts).toMatchObject({
    's4t_observations_points_total{outcome="stored"}': 2,
    's4t_observations_points_total{outcome="undescribed"}': 2,
    's4t_report_rows_total{outcome="stored"}': 3,
  });
  const said = cloud.complaints.filter(({ facts }) => facts.board === uuid);
  await say(points({ never: 5 }));
  expect(said).toHaveLength(1);
  expect(said[0]?.facts).toMatchObject({ undescribed: ["never"] });
  expect(cloud.complaints.filter(({ facts }) => facts.board === uuid)).toHaveLength(1);
});

it.each([
  ["text", points({ good: "7", other: 1 })],
  ["null", points({ good: null, other: 1 })],
  ["a list", points({ good: [7], other: 1 })],
  ["beyond any number", JSON.parse('{"good":1e999,"other":1}')],
  ["of a name that cannot be", points({ "Good Sensor": 7, other: 1 })],
])("a value that is %s is left out, and the others of its moment are stored", async (what, row) => {
  await join(`mended-${what}`);
  const sent = "kind" in row ? row : points(row);
  const counts = await grown(() => say(sent));
  expect(await rangeOf("other")).toEqual([1]);
  expect(await rangeOf("good")).toEqual([]);
  expect(counts['s4t_report_rows_total{outcome="mended"}']).toBe(1);
});

it.each([
  ["of the year 275,761", points({ good: 7 }, 9e15)],
  ["of no moment", points({ good: 7 }, "yesterday")],
  ["between two milliseconds", points({ good: 7 }, now + 0.5)],
  ["of a kind that is not known", { kind: "weather", sunny: true }],
  ["no row", "hello"],
  ["nothing", null],
  ["a gap without an end", { kind: "dropped", fromMs: 1, toMs: 1e300, count: 1 }],
  ["a gap of more than can be counted", { kind: "dropped", fromMs: 1, toMs: 2, count: 1e300 }],
  ["a state of a revision beyond counting", { kind: "entries", revision: 1e300, entries: [] }],
  ["a result of an id that no database keeps", { kind: "result", id: "a\u0000", state: "done" }],
])("a row that is %s is left out, and the rows beside it are heard", async (what, row) => {
  await join(`refused-${what}`.replaceAll(",", ""));
  const counts = await grown(() => say(row as object, points({ good: 1 })));
  expect(await rangeOf("good")).toEqual([1]);
  expect(counts['s4t_report_rows_total{outcome="refused"}']).toBe(1);
  expect(counts['s4t_report_batches_total{outcome="failed"}']).toBeUndefined();
});

it("values older than any that is kept are left out and counted", async () => {
  await join("old");
  const counts = await grown(() => say(points({ good: 1 }, 0), points({ good: 2 })));
  expect(await rangeOf("good")).toEqual([2]);
  expect(counts['s4t_observations_points_total{outcome="unstorable"}']).toBe(1);
});

it("a description with one bad name, and one too many, leaves the good ones", async () => {
  await join("described");
  const fine = { unit: "1", periodS: 60 };
  await say(
    { kind: "series", series: { new: fine, "Bad Name": fine, odd: { unit: 7, periodS: 60 } } },
    points({ new: 1 }),
  );
  expect(await rangeOf("new")).toEqual([1]);
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`s${i}`, fine]));
  await say({ kind: "series", series: many }, points({ new: 2, good: 3 }));
  expect(await rangeOf("good")).toEqual([3]);
});

it("what a board sends twice counts once, and what it dropped is counted", async () => {
  await join("twice");
  const rows = [points({ good: 1 }), { kind: "dropped", fromMs: 1, toMs: 2, count: 7 }];
  const first = seq;
  const counts = await grown(async () => {
    await say(...rows);
    expect(await board.report(first, rows)).toBe(first + 1);
  });
  expect(counts).toMatchObject({
    's4t_report_batches_total{outcome="duplicate"}': 1,
    's4t_report_batches_total{outcome="stored"}': 1,
    's4t_report_rows_total{outcome="duplicate"}': 2,
    s4t_report_dropped_rows_total: 7,
  });
});

it("results of operations that are none of its own are looked up at once, after the batch is safe: what fails there fails no batch", async () => {
  await join("elsewhere");
  const results = Array.from({ length: 40 }, (_, i) => ({
    ...{ kind: "result", id: `0192f0a0-0000-7000-8000-${i.toString().padStart(12, "0")}` },
    ...{ state: "done", result: {} },
  }));
  await say(...results);
  expect(looking.asked).toEqual([40]);
  looking.fails = true;
  await say(...results);
  looking.fails = false;
  expect(looking.asked).toEqual([40, 40]);
  expect(cloud.complaints.map(({ sentence }) => sentence)).toContain(
    "Results of a board are not looked at: whether they name another's work",
  );
});

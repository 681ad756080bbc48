// Lists against the same boards filtered and sorted in memory: whatever way a page is found, it is that page.
import {
  allOf,
  anyOf,
  type BoardQuery,
  notOf,
  type ProjectId,
  parseBoardQuery,
  printBoardQuery,
  sensorOps,
  termsOf,
} from "@s4t/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { everything, type Scope, within } from "../../policy/index.ts";
import { newBoard, placeOf } from "./board.ts";
import { setMembership } from "./fleet-store.ts";
import { type BoardFilter, type BoardSort, listBoards } from "./list-store.ts";
import { atMoment } from "./listing.ts";
import { FEW_MATCHES, type FleetIds, type SensorTerm } from "./query-store.ts";
import { type BoardRow, insertBoard, updateBoard } from "./store.ts";
import { setLatest } from "./values-store.ts";

const idOf = (kind: string, n: number) =>
  `0192f0a0-${kind}-7000-8000-${String(n).padStart(12, "0")}`;
const projects = [1, 2].map((n) => idOf("aaaa", n) as ProjectId);
/** Random questions: enough for each pair of terms in each way. */
const randomRuns = 150;
const states = ["online", "offline", "new", "retired"];
// Enough that some of what is looked for has many matches and some has few.
const count = FEW_MATCHES + 300;

/** Every 200 m along a line that goes over the date line, and some boards are nowhere. */
const placeAt = (n: number) =>
  n % 4 === 0 ? null : { latitude: 38 + (n % 60) * 0.0018, longitude: 179.9 + (n % 50) * 0.005 };
const wrapped = (longitude: number) => (longitude > 180 ? longitude - 360 : longitude);
const locationOf = (n: number) => {
  const place = placeAt(n);
  return place && { latitude: place.latitude, longitude: wrapped(place.longitude) };
};
/** Fleets of a board: many are in the first, few in the second; in the other project one has the same name. */
const fleetsOf = (n: number): readonly string[] => [
  ...(n % 3 !== 0 ? [n % 10 === 0 ? idOf("cccc", 3) : idOf("cccc", 1)] : []),
  ...(n % 50 === 7 ? [idOf("cccc", 2)] : []),
];
/** Last values of a board: many measure the one, few the other, and some of what they say is old. */
const latestOf = (
  n: number,
): readonly (readonly [series: string, value: number, atMs: number])[] => [
  ...(n % 2 === 0 ? [["temp", (n % 80) / 2 - 10, 1_000_000 - (n % 9) * 100_000] as const] : []),
  ...(n % 60 === 11 ? [["rain", n % 3, 1_000_000] as const] : []),
];
const fleetIds: FleetIds = new Map([
  ["buses", [idOf("cccc", 1), idOf("cccc", 3)]],
  ["trams", [idOf("cccc", 2)]],
  ["none such", []],
]);

const aRow = (n: number): BoardRow => {
  const name = `lamp-${String((n * 7) % count).padStart(5, "0")}`;
  const labels = { kind: n % 7 === 0 ? "sign" : "lamp", street: `via-${n % 40}` };
  const project = projects[n % 10 === 0 ? 1 : 0] as ProjectId;
  return {
    ...newBoard(
      idOf("bbbb", n),
      project,
      { name, labels, location: locationOf(n) },
      { now: 5_000, simulated: false },
    ),
    status: states[n % states.length] as string,
    search: `${name} ${n % 3 === 0 ? "50%_off" : ""}`,
    last_seen_at: n % 5 === 0 ? null : 1_000 + (n % 90),
    created_at: 5_000 + (n % 200),
  };
};

let test: TestDatabase;
const rows = Array.from({ length: count }, (_, n) => aRow(n));
beforeAll(async () => {
  test = await openTestDatabase();
  await test.database.write(everything, async (tx) => {
    const fleet = { rev: 1, description: "", labels: "{}", created_at: 1, updated_at: 1 };
    for (const [n, name] of [
      [1, "buses"],
      [2, "trams"],
      [3, "buses"],
    ] as const)
      await tx.queries
        .insertInto("fleets")
        .values({
          ...fleet,
          uuid: idOf("cccc", n),
          name,
          project_id: projects[n === 3 ? 1 : 0] ?? "",
        })
        .execute();
    for (const [n, row] of rows.entries()) {
      await insertBoard(everything, tx, row);
      for (const fleet_id of fleetsOf(n))
        await setMembership(everything, tx, {
          ...{ project_id: row.project_id, board_id: row.uuid, fleet_id },
          priority: 100,
        });
    }
    const latest = rows.flatMap(({ project_id, uuid }, n) =>
      latestOf(n).map(([series, value, at]) => [project_id, uuid, series, value, at] as const),
    );
    await setLatest(everything, tx, latest);
    // What came before it, and arrives after it, is not the last.
    await setLatest(
      everything,
      tx,
      latest.map(
        ([project, board, series, , at]) => [project, board, series, 1e6, at - 1] as const,
      ),
    );
  });
}, 60_000);
afterAll(() => test.close());

const keyOf = (row: BoardRow, sort: BoardSort): string | number =>
  ({ name: row.name, seen: row.last_seen_at ?? 0, created: row.created_at })[sort];

type Wanted = Partial<Omit<BoardFilter, "query">> & {
  readonly q?: string | BoardQuery;
  readonly scope?: Scope;
};
const treeOf = (q: Wanted["q"] = ""): BoardQuery =>
  atMoment(typeof q === "string" ? parseBoardQuery(q) : q, 1_000_000);

/** Metres between two places by the haversine formula, where the store compares chords. */
const metresBetween = (
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number => {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const h =
    Math.sin(rad(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(rad(a.latitude)) *
      Math.cos(rad(b.latitude)) *
      Math.sin(rad(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
};

/** The language in its plainest form. */
const matches = (query: BoardQuery, n: number): boolean => {
  const row = rows[n] as BoardRow;
  const isOneOf = (values: readonly string[] | "any", present: readonly string[]) =>
    values === "any" ? present.length > 0 : present.some((each) => values.includes(each));
  switch (query.kind) {
    case "and":
      return query.of.every((each) => matches(each, n));
    case "or":
      return query.of.some((each) => matches(each, n));
    case "not":
      return !matches(query.of, n);
    case "text":
      return row.search.includes(query.text.toLowerCase());
    case "status":
      return query.values.includes(row.status);
    case "name":
      return query.values.includes(row.name);
    case "id":
      return query.values.includes(row.uuid);
    case "label": {
      const value = (JSON.parse(row.labels) as Record<string, string>)[query.name];
      return isOneOf(query.values, value === undefined ? [] : [value]);
    }
    case "fleet": {
      const { values } = query;
      const ids = values === "any" ? values : values.flatMap((name) => fleetIds.get(name) ?? []);
      return isOneOf(ids, fleetsOf(n));
    }
    case "sensor": {
      const known = latestOf(n).find(([series]) => series === query.series);
      if (!known) return false;
      const [, value, atMs] = known;
      const { sinceMs = 0 } = query as SensorTerm;
      const fits = {
        ">": value > query.value,
        "<": value < query.value,
        ">=": value >= query.value,
        "<=": value <= query.value,
        "=": value === query.value,
      };
      return fits[query.op] && atMs >= sinceMs;
    }
    case "near": {
      const location = locationOf(n);
      return location !== null && metresBetween(location, query) <= query.metres;
    }
  }
};

const expected = ({ scope = everything, q, ...order }: Wanted): string[] => {
  const sort = order.sort ?? "name";
  const up = order.descending ? -1 : 1;
  const query = treeOf(q);
  const ofRetired = termsOf(query).some(
    (term) => term.kind === "status" && term.values.includes("retired"),
  );
  return rows
    .filter((_, n) => matches(query, n))
    .filter(
      ({ project_id }) =>
        scope.projects === "all" || scope.projects.includes(project_id as ProjectId),
    )
    .filter(({ status }) => ofRetired || status !== "retired")
    .sort((a, b) => {
      const [left, right] = [keyOf(a, sort), keyOf(b, sort)];
      if (left !== right) return left < right ? -up : up;
      return a.uuid < b.uuid ? -up : up;
    })
    .map(({ uuid }) => uuid);
};

/** All pages, one after another. */
const walk = async ({ scope = everything, q, ...wanted }: Wanted): Promise<string[]> => {
  const found: string[] = [];
  const query = treeOf(q);
  const filter: BoardFilter = {
    query,
    fleets: fleetIds,
    sort: "name",
    descending: false,
    ...wanted,
  };
  let after: BoardFilter["after"];
  for (;;) {
    const page = await test.database.read(scope, (reader) =>
      listBoards(scope, reader, { ...filter, after }, 130),
    );
    found.push(...page.map(({ uuid }) => uuid));
    if (found.length > rows.length) return found; // some came twice
    const last = page.at(-1);
    if (!last || page.length < 130) return found;
    after = [keyOf(last, filter.sort), last.uuid];
  }
};

const member = within(projects[1] as ProjectId);
const cases: readonly [string, Wanted][] = [
  ["everything but what is retired", {}],
  ["by name, backwards", { descending: true }],
  ["by last seen, many at the same moment and some never", { sort: "seen" }],
  ["by last seen, backwards", { sort: "seen", descending: true }],
  ["by creation", { sort: "created" }],
  ["one state", { q: "status:offline" }],
  [
    "several states, one named twice, backwards",
    { q: "status:online,retired,online", descending: true },
  ],
  ["several states by last seen", { q: "status:online,new,offline", sort: "seen" }],
  ["two states that no board has at once", { q: "status:online status:new" }],
  [
    "all but one state, retired ones too",
    { q: "-status:online -status:retired or status:retired" },
  ],
  ["a text that few have", { q: "LAMP-001" }],
  ["a text that most have", { q: "lamp" }],
  ["a text too short for the index", { q: '"-0"' }],
  ["a text with the signs of patterns", { q: "0%_O" }],
  ["a text that nobody has, with a quote", { q: String.raw`"la\"mp"` }],
  ["a whole name", { q: "name:lamp-00014,lamp-00021,lamp" }],
  ["ids", { q: `id:${idOf("bbbb", 5)},${idOf("bbbb", 10)}` }],
  ["a label's value that few have", { q: "label.street:via-7" }],
  ["a label's value that most have", { q: "label.kind:lamp" }],
  ["a label of any value", { q: "label.street:*" }],
  ["a label that nobody has", { q: "label.owner:*" }],
  ["a fleet that many are in, of two projects", { q: "fleet:buses" }],
  ["a fleet that few are in", { q: "fleet:trams" }],
  ["in no fleet", { q: "-fleet:*" }],
  ["a fleet that is not", { q: '"lamp" fleet:"none such"' }],
  ["near a place, over the date line", { q: "near:38.05,-179.99,3km" }],
  ["near a place, many", { q: "near:38.05,180,12km" }],
  ["not near it: those that are nowhere too", { q: "-near:38.05,180,12km" }],
  ["within the whole earth", { q: "near:-38,0,20000km" }],
  ["a last value that many have", { q: "sensor.temp>-5" }],
  ["a last value that few have", { q: "sensor.rain>=1" }],
  ["a last value that is fresh enough", { q: "sensor.temp<20@300s" }],
  ["no such last value: those that never measured too", { q: "-sensor.temp>=10" }],
  ["a last value that is just so, or another", { q: "sensor.temp=-10 or sensor.rain=2" }],
  ["in no fleet, and retired", { q: "-fleet:* status:retired" }],
  ["few or few", { q: "label.street:via-7 or fleet:trams or LAMP-001" }],
  ["few or many", { q: "label.street:via-7 or label.kind:lamp" }],
  [
    "everything together",
    { q: "(lamp-00 or fleet:trams) label.kind:lamp -near:38.05,180,5km status:online,new" },
  ],
];

it.each(cases)("pages through %s: all of it, once, in order", async (_, wanted) => {
  expect(await walk(wanted)).toEqual(expected(wanted));
});

it.each(cases)("within one project, %s", async (_, wanted) => {
  const scoped = { ...wanted, scope: member };
  expect(await walk(scoped)).toEqual(expected(scoped));
});

const word = fc.constantFrom("lamp", "LAMP-001", "-0", "0%_o", "lamp-0", "bbbb", "nobody");
const term: fc.Arbitrary<BoardQuery> = fc.oneof(
  word.map((text): BoardQuery => ({ kind: "text", text })),
  fc
    .subarray(["online", "offline", "new", "retired", "degraded"], { minLength: 1 })
    .map((values): BoardQuery => ({ kind: "status", values })),
  fc
    .subarray(["lamp-00014", "lamp-00700", "lamp"], { minLength: 1 })
    .map((values): BoardQuery => ({ kind: "name", values })),
  fc
    .oneof(fc.constant("any" as const), fc.subarray([...fleetIds.keys()], { minLength: 1 }))
    .map((values): BoardQuery => ({ kind: "fleet", values })),
  fc
    .record({
      name: fc.constantFrom("street", "kind", "owner"),
      values: fc.oneof(
        fc.constant("any" as const),
        fc.subarray(["via-7", "via-8", "sign", "lamp"], { minLength: 1 }),
      ),
    })
    .map((of): BoardQuery => ({ kind: "label", ...of })),
  fc
    .record({
      latitude: fc.constantFrom(38, 38.05, 38.1),
      longitude: fc.constantFrom(179.95, -179.95, 180, 0),
      metres: fc.constantFrom(0, 500, 3_000, 12_000, 10_000_000),
    })
    .map((of): BoardQuery => ({ kind: "near", ...of })),
  fc
    .record({
      series: fc.constantFrom("temp", "rain", "none"),
      op: fc.constantFrom(...sensorOps),
      value: fc.constantFrom(-10, 0, 1, 20),
      withinS: fc.constantFrom(300, 900),
    })
    .map((of): BoardQuery => ({ kind: "sensor", ...of })),
);
const trees: fc.Arbitrary<BoardQuery> = fc.letrec<{ tree: BoardQuery }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    fc.array(tie("tree"), { maxLength: 3 }).map((of) => allOf(...of)),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((of) => anyOf(...of)),
    tie("tree").map(notOf),
  ),
})).tree;

it("answers whatever is asked as a filter in memory does", async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.constantFrom<BoardSort>("name", "seen", "created"),
      fc.boolean(),
      fc.boolean(),
      async (q, sort, descending, whole) => {
        const wanted = { q, sort, descending, scope: whole ? everything : member };
        expect([printBoardQuery(q), await walk(wanted)]).toEqual([
          printBoardQuery(q),
          expected(wanted),
        ]);
      },
    ),
    { numRuns: randomRuns },
  );
}, 120_000);

it("finds a board by where it is now", async () => {
  const uuid = rows[2]?.uuid ?? "";
  const at = (location: { latitude: number; longitude: number } | null) =>
    test.database.write(everything, (tx) => updateBoard(everything, tx, uuid, placeOf(location)));
  await at({ latitude: -45, longitude: 170 });
  expect(await walk({ q: "near:-45,170,1m" })).toEqual([uuid]);
  await at(null);
  expect(await walk({ q: "near:-45,170,1m" })).toEqual([]);
});

it("finds a board by its present labels, not by those that it had", async () => {
  const [board] = rows;
  const uuid = board?.uuid ?? "";
  const labels = JSON.stringify({ street: "corso-1" });
  await test.database.write(everything, (tx) => updateBoard(everything, tx, uuid, { labels }));
  const found = (value: string) => walk({ q: `label.street:${value}` });
  expect(await found("corso-1")).toEqual([uuid]);
  expect(await found("via-0")).not.toContain(uuid);
  expect((await found("via-0")).length).toBeGreaterThan(0);
});

it("leaves the labels of a board alone that the scope does not reach", async () => {
  const foreign = rows[1]?.uuid ?? "";
  await test.database.write(member, (tx) =>
    updateBoard(member, tx, foreign, { labels: JSON.stringify({ street: "stolen" }) }),
  );
  expect(await walk({ q: "label.street:stolen" })).toEqual([]);
});

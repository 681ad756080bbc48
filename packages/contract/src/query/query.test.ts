// The query language: what is printed reads as the same, whatever is read or not read is bounded, and a fault says where.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boardStates } from "../status.ts";
import {
  allOf,
  anyOf,
  type BoardQuery,
  chordOf,
  LATEST_KEPT_S,
  MAX_QUERY_DEPTH,
  MAX_QUERY_LENGTH,
  MAX_QUERY_TERMS,
  notOf,
  parseBoardQuery,
  printBoardQuery,
  readBoardQuery,
  sensorOps,
  unitVectorOf,
} from "./index.ts";

const spicy = fc.string({
  unit: fc.constantFrom(
    ...'abo r"\\:,()-*.=é/0<>@',
    "or",
    "fleet",
    "label.",
    "sensor.",
    "\u{1f68c}",
  ),
  minLength: 1,
  maxLength: 6,
});
const value = fc.oneof(spicy, fc.constantFrom("buses", "or", "-", "*", "a,b", 'say "x"'));
const values = fc.array(value, { minLength: 1, maxLength: 3 });
const orAny = fc.oneof(values, fc.constant("any" as const));
const degrees = (most: number) =>
  fc.integer({ min: -most * 1e6, max: most * 1e6 }).map((n) => n / 1e6);
const term: fc.Arbitrary<BoardQuery> = fc.oneof(
  value.map((text): BoardQuery => ({ kind: "text", text })),
  fc
    .array(fc.constantFrom(...boardStates), { minLength: 1, maxLength: 3 })
    .map((states): BoardQuery => ({ kind: "status", values: states })),
  values.map((of): BoardQuery => ({ kind: "name", values: of })),
  values.map((of): BoardQuery => ({ kind: "id", values: of })),
  orAny.map((of): BoardQuery => ({ kind: "fleet", values: of })),
  fc
    .record({ name: fc.constantFrom("zone", "a.b-c_1", "0"), values: orAny })
    .map((of): BoardQuery => ({ kind: "label", ...of })),
  fc
    .record({
      latitude: degrees(90),
      longitude: degrees(180),
      metres: fc.integer({ min: 0, max: 20_000_000_000 }).map((mm) => mm / 1_000),
    })
    .map((of): BoardQuery => ({ kind: "near", ...of })),
  fc
    .record({
      series: fc.constantFrom("temp", "cpu.load1", "a_b-c.0"),
      op: fc.constantFrom(...sensorOps),
      value: fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1_000 + 0),
      age: fc.option(fc.integer({ min: 1, max: LATEST_KEPT_S })),
    })
    .map(
      ({ age, ...of }): BoardQuery => ({
        kind: "sensor",
        ...of,
        ...(age === null ? {} : { withinS: age }),
      }),
    ),
);
const tree: fc.Arbitrary<BoardQuery> = fc.letrec<{ tree: BoardQuery }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((of) => allOf(...of)),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((of) => anyOf(...of)),
    tie("tree").map(notOf),
  ),
})).tree;

const reads = (text: string, query: BoardQuery): void =>
  expect([text, readBoardQuery(text)]).toEqual([text, { query }]);
const text = (word: string): BoardQuery => ({ kind: "text", text: word });

describe("a query", () => {
  it("that is printed reads as the same", () => {
    fc.assert(
      fc.property(tree, (query) => {
        const printed = printBoardQuery(query);
        fc.pre(printed.length <= MAX_QUERY_LENGTH);
        expect([printed, readBoardQuery(printed)]).toEqual([printed, { query }]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that was read prints as something that reads the same", () => {
    fc.assert(
      fc.property(fc.array(spicy, { maxLength: 12 }), (pieces) => {
        const read = readBoardQuery(pieces.join(" "));
        if (read.fault) return;
        expect(readBoardQuery(printBoardQuery(read.query))).toEqual({ query: read.query });
      }),
      { numRuns: 5_000 },
    );
  });

  it("is either read or faulted within its text, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), spicy), (any) => {
        const { fault } = readBoardQuery(any);
        if (fault) expect(fault.at).toBeGreaterThanOrEqual(0);
        if (fault) expect(fault.at).toBeLessThanOrEqual(any.length);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each<[string, BoardQuery]>([
    ["", allOf()],
    ["  ", allOf()],
    ["garibaldi", text("garibaldi")],
    ["status:offline,degraded", { kind: "status", values: ["offline", "degraded"] }],
    [
      'status:offline fleet:buses label.zone:"porto nord" -near:38.19,15.55,2km',
      allOf(
        { kind: "status", values: ["offline"] },
        { kind: "fleet", values: ["buses"] },
        { kind: "label", name: "zone", values: ["porto nord"] },
        notOf({ kind: "near", latitude: 38.19, longitude: 15.55, metres: 2_000 }),
      ),
    ],
    ["a b or c", anyOf(allOf(text("a"), text("b")), text("c"))],
    ["a (b or c)", allOf(text("a"), anyOf(text("b"), text("c")))],
    ["-(a or b)", notOf(anyOf(text("a"), text("b")))],
    ["--a", text("a")],
    ["((a))", text("a")],
    ['"or" "a:b" ora', allOf(text("or"), text("a:b"), text("ora"))],
    ["sensor.temp>40", { kind: "sensor", series: "temp", op: ">", value: 40 }],
    [
      "-sensor.cpu.load1<=-0.5@2h (sensor.rain=0)",
      allOf(notOf({ kind: "sensor", series: "cpu.load1", op: "<=", value: -0.5, withinS: 7_200 }), {
        kind: "sensor",
        series: "rain",
        op: "=",
        value: 0,
      }),
    ],
    ['"sensor.temp>40"', text("sensor.temp>40")],
    ["fleet:*", { kind: "fleet", values: "any" }],
    ['fleet:"*"', { kind: "fleet", values: ["*"] }],
    ['label.zone:""', { kind: "label", name: "zone", values: [""] }],
    [`"a\\"b\\\\c"`, text(`a"b\\c`)],
    ["via-garibaldi,12", text("via-garibaldi,12")],
  ])("%s", (written, query) => reads(written, query));

  it.each<[string, number, RegExp]>([
    ["status:gone", 7, /gone is not a state/],
    ["a colour:red", 2, /colour is not a field/],
    ["a (b", 2, /not closed/],
    ["a ) b", 2, /closes what was not opened/],
    ["a or", 4, /missing/],
    ["or a", 0, /missing/],
    ["()", 1, /missing/],
    ["-", 1, /missing/],
    ["fleet:", 6, /missing/],
    ["fleet:a,", 8, /missing/],
    ['fleet:""', 6, /empty/],
    ['"a', 0, /not closed/],
    ['fleet:a"b"', 7, /space/],
    ["label.ZONE:x", 6, /not a name of a label/],
    ["near:38.19,15.55", 5, /latitude,longitude,distance/],
    ["near:98.19,15.55,2km", 5, /from -90 to 90/],
    ["near:38.19,15.55,2", 17, /distance/],
    ["near:38.19,15.55,2km,3", 21, /latitude,longitude,distance/],
  ])("%s is refused at %i", (written, at, because) => {
    const { fault } = readBoardQuery(written);
    expect(fault).toEqual({ at, because: expect.stringMatching(because) });
  });

  it("is bounded in length, terms and depth", () => {
    const refusal = (written: string) => readBoardQuery(written).fault?.because;
    expect(refusal("a".repeat(MAX_QUERY_LENGTH))).toBeUndefined();
    expect(refusal("a".repeat(MAX_QUERY_LENGTH + 1))).toMatch(/longer/);
    expect(refusal("a ".repeat(MAX_QUERY_TERMS))).toBeUndefined();
    expect(refusal("a ".repeat(MAX_QUERY_TERMS + 1))).toMatch(/more than/);
    const nested = (n: number) => `${"(".repeat(n)}a${")".repeat(n)}`;
    expect(refusal(nested(MAX_QUERY_DEPTH))).toBeUndefined();
    expect(refusal(nested(MAX_QUERY_DEPTH + 1))).toMatch(/groups/);
    expect(refusal(`${"-".repeat(900)}a`)).toMatch(/groups/);
  });

  it("is refused with the character as people count it", () => {
    expect(() => parseBoardQuery("a (b")).toThrow(
      expect.objectContaining({
        code: "query.invalid",
        details: { at: 3, because: "is not closed" },
      }),
    );
  });
});

it("distances are those on the ball: a degree of latitude is 111.195 km, the poles are half way round apart", () => {
  const apart = (a: readonly number[], b: readonly number[]) =>
    Math.hypot(...a.map((each, i) => each - (b[i] ?? 0)));
  const degree = apart(unitVectorOf(38, 15), unitVectorOf(39, 15));
  expect(degree).toBeGreaterThan(chordOf(111_194));
  expect(degree).toBeLessThan(chordOf(111_196));
  expect(apart(unitVectorOf(90, 0), unitVectorOf(-90, 77))).toBeCloseTo(chordOf(30_000_000), 12);
  // Over the date line it is near.
  expect(apart(unitVectorOf(0, 179.999), unitVectorOf(0, -179.999))).toBeLessThan(chordOf(223));
});

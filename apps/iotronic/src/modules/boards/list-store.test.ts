// Lists against the same boards filtered and sorted in memory: whatever way a page is found, it is that page.
import type { ProjectId } from "@s4t/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { everything, type Scope, within } from "../../policy/index.ts";
import { newBoard } from "./board.ts";
import { type BoardFilter, type BoardSort, FEW_MATCHES, listBoards } from "./list-store.ts";
import { type BoardRow, insertBoard, updateBoard } from "./store.ts";

const idOf = (kind: string, n: number) =>
  `0192f0a0-${kind}-7000-8000-${String(n).padStart(12, "0")}`;
const projects = [1, 2].map((n) => idOf("aaaa", n) as ProjectId);
const states = ["online", "offline", "new", "retired"];
// Enough that some of what is looked for has many matches and some has few.
const count = FEW_MATCHES + 300;

const aRow = (n: number): BoardRow => {
  const name = `lamp-${String((n * 7) % count).padStart(5, "0")}`;
  const labels = { kind: n % 7 === 0 ? "sign" : "lamp", street: `via-${n % 40}` };
  const project = projects[n % 10 === 0 ? 1 : 0] as ProjectId;
  return {
    ...newBoard(idOf("bbbb", n), project, { name, labels }, { now: 5_000, simulated: false }),
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
    for (const row of rows) await insertBoard(everything, tx, row);
  });
}, 60_000);
afterAll(() => test.close());

const keyOf = (row: BoardRow, sort: BoardSort): string | number =>
  ({ name: row.name, seen: row.last_seen_at ?? 0, created: row.created_at })[sort];

type Wanted = Partial<BoardFilter> & { readonly scope?: Scope };

const expected = ({
  scope = everything,
  states: wanted,
  text,
  label,
  ...order
}: Wanted): string[] => {
  const sort = order.sort ?? "name";
  const up = order.descending ? -1 : 1;
  return rows
    .filter(
      (row) => scope.projects === "all" || scope.projects.includes(row.project_id as ProjectId),
    )
    .filter((row) => (wanted ? wanted.includes(row.status) : row.status !== "retired"))
    .filter((row) => text === undefined || row.search.includes(text.toLowerCase()))
    .filter((row) => {
      const value = label && (JSON.parse(row.labels) as Record<string, string>)[label.name];
      return (
        label === undefined ||
        (label.value === undefined ? value !== undefined : value === label.value)
      );
    })
    .sort((a, b) => {
      const [left, right] = [keyOf(a, sort), keyOf(b, sort)];
      if (left !== right) return left < right ? -up : up;
      return a.uuid < b.uuid ? -up : up;
    })
    .map(({ uuid }) => uuid);
};

/** All pages, one after another. */
const walk = async ({ scope = everything, ...wanted }: Wanted): Promise<string[]> => {
  const found: string[] = [];
  const filter: BoardFilter = { sort: "name", descending: false, ...wanted };
  let after: BoardFilter["after"];
  for (;;) {
    const page = await test.database.read(scope, (reader) =>
      listBoards(scope, reader, { ...filter, after }, 130),
    );
    found.push(...page.map(({ uuid }) => uuid));
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
  ["one state", { states: ["offline"] }],
  [
    "several states, one named twice, backwards",
    { states: ["online", "retired", "online"], descending: true },
  ],
  ["several states by last seen", { states: ["online", "new", "offline"], sort: "seen" }],
  ["a text that few have", { text: "LAMP-001" }],
  ["a text that most have", { text: "lamp" }],
  ["a text too short for the index", { text: "-0" }],
  ["a text with the signs of patterns", { text: "0%_O" }],
  ["a text that nobody has, with a quote", { text: 'la"mp' }],
  ["a label's value that few have", { label: { name: "street", value: "via-7" } }],
  ["a label's value that most have", { label: { name: "kind", value: "lamp" } }],
  ["a label of any value", { label: { name: "street", value: undefined } }],
  ["a label that nobody has", { label: { name: "owner", value: undefined } }],
  [
    "text, label and states together",
    { text: "lamp-00", label: { name: "kind", value: "lamp" }, states: ["online", "new"] },
  ],
];

it.each(cases)("pages through %s: all of it, once, in order", async (_, wanted) => {
  expect(await walk(wanted)).toEqual(expected(wanted));
});

it.each(cases)("within one project, %s", async (_, wanted) => {
  const scoped = { ...wanted, scope: member };
  expect(await walk(scoped)).toEqual(expected(scoped));
});

it("finds a board by its present labels, not by those that it had", async () => {
  const [board] = rows;
  const uuid = board?.uuid ?? "";
  const labels = JSON.stringify({ street: "corso-1" });
  await test.database.write(everything, (tx) => updateBoard(everything, tx, uuid, { labels }));
  const found = (value: string) => walk({ label: { name: "street", value } });
  expect(await found("corso-1")).toEqual([uuid]);
  expect(await found("via-0")).not.toContain(uuid);
  expect((await found("via-0")).length).toBeGreaterThan(0);
});

it("leaves the labels of a board alone that the scope does not reach", async () => {
  const foreign = rows[1]?.uuid ?? "";
  await test.database.write(member, (tx) =>
    updateBoard(member, tx, foreign, { labels: JSON.stringify({ street: "stolen" }) }),
  );
  expect(await walk({ label: { name: "street", value: "stolen" } })).toEqual([]);
});

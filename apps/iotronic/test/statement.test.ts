import type { ProjectId } from "@s4t/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Build, statement } from "../src/edge/statement.ts";
import { everything, within } from "../src/policy/index.ts";
import type { Tx } from "../src/ports/database.ts";
import { openTestDatabase, type TestDatabase } from "./database.ts";

const [north, south] = [
  "0192f0a0-0000-7000-8000-000000000001",
  "0192f0a0-0000-7000-8000-000000000002",
] as ProjectId[] as [ProjectId, ProjectId];

let opened: TestDatabase;
let built = 0;

interface Noted {
  resource_id: string;
  project_id: string;
  rev: number;
  noun?: string | undefined;
}

const note = statement((_scope, { queries, args }: Build<{ row: Noted }>) => {
  built += 1;
  const rest = { noun: "board", actor: "somebody", at: 0, patch: "{}" };
  return queries
    .insertInto("changes")
    .values({ ...rest, ...args.row } as typeof rest & Omit<Noted, "noun">);
});

const notedAs = statement(({ projects }, { queries, args }: Build<{ ids: readonly string[] }>) => {
  built += 1;
  const query = queries
    .selectFrom("changes")
    .select(["resource_id", "rev", "noun"])
    .where("resource_id", "in", args.ids)
    .orderBy("resource_id");
  return projects === "all" ? query : query.where("project_id", "in", projects);
});

const write = (work: (tx: Tx) => Promise<unknown>) => opened.database.write(everything, work);
const find = (ids: readonly string[], scope = everything) =>
  opened.database.read(scope, async (reader) => (await notedAs(scope, reader, { ids })).rows);

beforeAll(async () => {
  opened = await openTestDatabase();
  for (const [resource_id, project_id, rev] of [
    ["a", north, 1],
    ["b", south, 2],
    ["c", south, 3],
  ] as const)
    await write((tx) => note(everything, tx, { row: { resource_id, project_id, rev } }));
});
afterAll(() => opened.close());
beforeEach(() => {
  built = 0;
});

describe("a statement", () => {
  it("is built once, and answers by the values of each call", async () => {
    expect(await find(["a"])).toMatchObject([{ resource_id: "a" }]);
    built = 0;
    expect(await find(["b"])).toMatchObject([{ resource_id: "b" }]);
    expect(await find(["none"])).toEqual([]);
    expect(built).toBe(0);
  });
  it("is built anew for a list of another length, and keeps both", async () => {
    expect((await find(["a", "b", "c"])).map(({ resource_id }) => resource_id)).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(await find([])).toEqual([]);
    expect(built).toBe(2);
    expect(await find(["c", "b", "x"])).toHaveLength(2);
    expect(await find(["c"])).toHaveLength(1);
    expect(built).toBe(2);
  });
  it("narrows by its scope: other projects are not there, and no project sees nothing", async () => {
    const ids = ["a", "b", "c"];
    expect(await find(ids, within(north))).toMatchObject([{ resource_id: "a" }]);
    expect(await find(ids, within(south))).toHaveLength(2);
    expect(await find(ids, within(north, south))).toHaveLength(3);
    expect(await find(ids, within())).toEqual([]);
    expect(await find(ids)).toHaveLength(3);
  });
  it("leaves out the columns that a row does not say, as a builder would", async () => {
    const row = { resource_id: "d", project_id: north, rev: 4 };
    await write((tx) => note(everything, tx, { row: { ...row, noun: undefined } }));
    await write((tx) => note(everything, tx, { row: { ...row, resource_id: "e", noun: "user" } }));
    expect(await find(["d", "e"])).toMatchObject([{ noun: "board" }, { noun: "user" }]);
  });
  it("refuses to be built by a value, which would be the first caller's for ever", async () => {
    const wrong = statement((_scope, { queries, args }: Build<{ name: string }>) =>
      queries.selectFrom("changes").selectAll().where("resource_id", "like", `%${args.name}%`),
    );
    const asked = opened.database.read(everything, async (reader) =>
      wrong(everything, reader, { name: "a" }),
    );
    await expect(asked).rejects.toMatchObject({ code: "internal" });
  });
});

// Revisions and previews, for every endpoint that has them: who saw another state is refused, who does it at the same moment takes
// turns, and what is only looked at is not changed.
import { type Endpoint, endpoints, type Preview } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { create, pack } from "./plugin.ts";

let cloud: TestCloud;
let project = "";
let count = 0;
const unused = (kind: string): string => `${kind}-${++count}`;

const call = (method: string, path: string, body?: unknown, ifMatch?: number) =>
  cloud.call(method, path, {
    ...{ token: cloud.admin, project },
    ...(body === undefined ? {} : { body }),
    ...(ifMatch === undefined ? {} : { headers: { "if-match": `"${ifMatch}"` } }),
  });
const made = async (...args: Parameters<typeof call>) => {
  const answer = await call(...args);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const codes = ({ status, code }: Answered) => [status, code];

beforeAll(async () => {
  cloud = await openTestCloud();
  const body = { name: "revisions" };
  project = (await cloud.call("POST", "/api/projects", { token: cloud.admin, body })).body.uuid;
}, 60_000);
afterAll(() => cloud.close());

interface Thing {
  readonly uuid: string;
  readonly rev: number;
}
const newBoard = async (): Promise<Thing> => {
  const { board } = await made("POST", "/api/boards", { name: unused("board") });
  await cloud.sql(
    "update boards set pubkey = ?, status = 'offline' where uuid = ?",
    board.uuid,
    board.uuid,
  );
  return board;
};
const newPlugin = async (): Promise<Thing> =>
  (await create(cloud, pack(unused("plugin")), { token: cloud.admin, project })).body;

/** What the path of an endpoint is about. */
const makers: Readonly<Record<string, () => Promise<Thing>>> = {
  boards: newBoard,
  fleets: () => made("POST", "/api/fleets", { name: unused("fleet") }),
  services: () => made("POST", "/api/services", { name: unused("service"), port: 80 }),
  plugins: newPlugin,
  users: () => made("POST", "/api/users", { name: unused("user"), password: "long and secret 1" }),
  projects: () => made("POST", "/api/projects", { name: unused("project") }),
};

const nounOf = ({ path }: Endpoint): string => path.split("/")[2] ?? "";

/** What else the path names, and the body, where the example is none. */
const prepared = async (name: string, board: Thing): Promise<{ path?: string; body?: unknown }> => {
  if (name.startsWith("fleetMembers.")) {
    const fleet = await makers.fleets?.();
    if (name.endsWith("leave"))
      await made("PUT", `/api/boards/${board.uuid}/fleets/${fleet?.uuid}`, {});
    return { path: fleet?.uuid ?? "" };
  }
  if (name.startsWith("injections.")) {
    const plugin = await newPlugin();
    if (name.endsWith("remove"))
      await made("PUT", `/api/boards/${board.uuid}/plugins/${plugin.uuid}`, {});
    return { path: plugin.uuid };
  }
  if (name.startsWith("exposures.")) {
    const service = await makers.services?.();
    await made("PUT", `/api/boards/${board.uuid}/services/${service?.uuid}`, {});
    return { path: service?.uuid ?? "" };
  }
  if (name === "plugins.addVersion") {
    const shown = await made("GET", `/api/plugins/${board.uuid}`);
    return { body: { manifest: shown.latest.manifest, description: "another" } };
  }
  return {};
};

const revOf = async (endpoint: Endpoint, { uuid }: Thing): Promise<number> =>
  (await made("GET", `/api/${nounOf(endpoint)}/${uuid}`)).rev;

const ask = (
  endpoint: Endpoint,
  { uuid }: Thing,
  { path = "", body = endpoint.example ?? {} }: { path?: string; body?: unknown },
  ifMatch?: number,
  query = "",
) =>
  call(
    endpoint.method,
    endpoint.path
      .replace("{uuid}", uuid)
      .replace("{version}", "1")
      .replace(/\{\w+\}/, path) + query,
    endpoint.body ? body : undefined,
    ifMatch,
  );

const tables = async (): Promise<string[]> => {
  const statement =
    process.env.TEST_DATABASE === "postgres"
      ? "select table_name as name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'"
      : "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name not like 'boards_search%'";
  return (await cloud.sql(statement)).map(({ name }) => String(name)).sort();
};
/** All rows of all tables, but for when tokens were used and what was denied before. */
const everything = async (): Promise<Readonly<Record<string, string>>> => {
  const found: Record<string, string> = {};
  for (const table of await tables()) {
    if (table === "tokens" || table.startsWith("audit_heads")) continue;
    const rows = (await cloud.sql(`select * from ${table}`)).map((row) =>
      // The sequencer numbers entries a moment after they were written.
      JSON.stringify(table.startsWith("audit") ? [row.uuid ?? row.id] : row),
    );
    found[table] = rows.sort().join("\n");
  }
  return found;
};

const revised = endpoints.filter(([, { revised: is }]) => is);
const previewed = endpoints.filter(([name, { preview }]) => preview && name !== "bulk.start");

describe("revisions", () => {
  it.each(revised)(
    "%s is refused to who saw another state, and done for who saw this one",
    async (name, endpoint) => {
      const thing = (await makers[nounOf(endpoint)]?.()) as Thing;
      const more = await prepared(name, thing);
      const rev = await revOf(endpoint, thing);
      expect(codes(await ask(endpoint, thing, more, rev + 1))).toEqual([412, "request.stale"]);
      expect(await revOf(endpoint, thing)).toBe(rev);
      const done = await ask(endpoint, thing, more, rev);
      expect(done.status, done.text).toBeLessThan(300);
      expect(codes(await ask(endpoint, thing, more, rev)).at(-1)).not.toBe(undefined);
    },
  );

  it("an If-Match is refused where it would not be heeded", async () => {
    const board = await newBoard();
    const answer = await call("POST", `/api/boards/${board.uuid}/enrolment`, {}, 1);
    expect([answer.status, answer.code, answer.text]).toEqual([
      422,
      "request.invalid",
      expect.stringContaining("If-Match"),
    ]);
  });

  const changes = { description: "another" };
  it.each([
    ["boards", changes],
    ["fleets", changes],
    ["services", changes],
    ["plugins", changes],
  ] as const)(
    "%s: of many who change it at once from one state one does, and none is lost without",
    async (noun, body) => {
      const thing = (await makers[noun]?.()) as Thing;
      const path = `/api/${noun}/${thing.uuid}`;
      const { rev } = await made("GET", path);
      const many = Array.from({ length: 8 });
      const held = await Promise.all(many.map(() => call("PATCH", path, body, rev)));
      expect(held.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(held.filter(({ status }) => status !== 200).map(codes)).toEqual(
        Array(7).fill([412, "request.stale"]),
      );
      const free = await Promise.all(many.map(() => call("PATCH", path, body)));
      expect(free.map(({ status }) => status)).toEqual(Array(8).fill(200));
      expect((await made("GET", path)).rev).toBe(rev + 9);
    },
  );

  it.each([
    ["boards", {}, "board.name-taken"],
    ["fleets", {}, "fleet.name-taken"],
    ["services", { port: 80 }, "service.name-taken"],
  ] as const)("%s: of many who take a name at once one has it", async (noun, body, code) => {
    const name = unused("same");
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call("POST", `/api/${noun}`, { name, ...body })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 201).map(codes)).toEqual(
      Array(7).fill([409, code]),
    );
  });

  it("two who rename to one name at once: one has it", async () => {
    const some = await Promise.all(
      Array.from({ length: 6 }, () => makers.fleets?.() as Promise<Thing>),
    );
    const name = unused("same");
    const answers = await Promise.all(
      some.map(({ uuid }) => call("PATCH", `/api/fleets/${uuid}`, { name })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200).map(codes)).toEqual(
      Array(5).fill([409, "fleet.name-taken"]),
    );
  });
});

describe("previews", () => {
  it.each(previewed)(
    "%s says what it would do, and leaves every table as it was",
    async (name, endpoint) => {
      const thing = (await makers[nounOf(endpoint)]?.()) as Thing;
      const more = await prepared(name, thing);
      if (name === "plugins.removeVersion") {
        // The only version is the latest one, and stays.
        const answer = await ask(endpoint, thing, more, undefined, "?preview=true");
        expect(answer.body.refusals[0].code).toBe("plugin.version-latest");
        return;
      }
      const before = await everything();
      const answer = await ask(endpoint, thing, more, undefined, "?preview=true");
      expect(answer.status, answer.text).toBe(200);
      const { effects, refusals }: Preview = answer.body;
      expect(refusals).toEqual([]);
      expect(effects).toEqual([
        expect.objectContaining({ action: endpoint.action, count: 1, first: [expect.any(String)] }),
      ]);
      expect(await everything()).toEqual(before);
      const done = await ask(endpoint, thing, more);
      expect(done.status, done.text).toBeLessThan(300);
      expect(await everything()).not.toEqual(before);
    },
  );

  it("say what stands against it: as it is, or because somebody saw another state", async () => {
    const fleet = (await makers.fleets?.()) as Thing;
    const board = await newBoard();
    await made("PUT", `/api/boards/${board.uuid}/fleets/${fleet.uuid}`, {});
    const look = (ifMatch?: number) =>
      call("DELETE", `/api/fleets/${fleet.uuid}?preview=true`, undefined, ifMatch);
    expect((await look()).body).toEqual({
      effects: [],
      refusals: [
        {
          code: "fleet.in-use",
          sentence: expect.stringContaining("1 boards"),
          count: 1,
          first: [],
        },
      ],
    });
    expect((await look(9)).body.refusals[0].code).toBe("request.stale");
    expect(codes(await call("DELETE", "/api/fleets/no-such?preview=true"))).toEqual([
      404,
      "fleet.not-found",
    ]);
    expect(codes(await call("GET", "/api/fleets?preview=true"))).toEqual([422, "request.invalid"]);
  });
});

it("has met no fault of ours", () => {
  expect(cloud.complaints).toEqual([]);
});

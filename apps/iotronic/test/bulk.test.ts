// Bulk operations over the API: one action on many boards, a result for each.
import type { Bulk, BulkBoard, Operation, Preview } from "@s4t/contract";
import { expect, it } from "vitest";
import { MAX_BULKS_PER_PROJECT } from "../src/modules/bulk/bulk.ts";
import { administered } from "./administered.ts";
import { type BoardSession, joinAs, offer } from "./board.ts";
import type { Answered } from "./cloud.ts";

const { cloud, aBoard } = administered();
let made = 0;
const unused = (kind: string) => `${kind}-${++made}`;

interface Place {
  readonly project: string;
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
}
const newProject = async (): Promise<Place> => {
  const body = { name: unused("bulk") };
  const answer = await cloud.call("POST", "/api/projects", { token: cloud.admin, body });
  const project: string = answer.body.uuid;
  return {
    project,
    ask: (method, path, given) =>
      cloud.call(method, path, { token: cloud.admin, project, body: given }),
  };
};
const newBoards = async ({ ask }: Place, count: number, body: object = {}): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await ask("POST", "/api/boards", { name: unused("board"), ...body });
      expect(answer.status, answer.text).toBe(201);
      return answer.body.board.uuid;
    }),
  );
const begun = async ({ ask }: Place, body: object): Promise<Operation> => {
  const answer = await ask("POST", "/api/bulk", body);
  expect(answer.status, answer.text).toBe(202);
  return answer.body;
};
const ended = async ({ ask }: Place, { uuid }: Operation): Promise<Operation> => {
  const show = async (): Promise<Operation> => (await ask("GET", `/api/operations/${uuid}`)).body;
  await expect.poll(async () => (await show()).status, { timeout: 20_000 }).not.toBe("running");
  return show();
};
const boardsOf = async ({ ask }: Place, uuid: string, query = ""): Promise<BulkBoard[]> =>
  (await ask("GET", `/api/bulk/${uuid}/boards?limit=1000${query}`)).body.items;
const codes = ({ status, code }: Answered) => [status, code];
const count = async (table: string): Promise<number> =>
  Number((await cloud.sql(`select count(*) as n from ${table}`))[0]?.n);

it("does a wish for every board that a query selects, each on record, with progress and a row each", async () => {
  const place = await newProject();
  await newBoards(place, 30, { labels: { zone: "north" } });
  await newBoards(place, 2);
  await place.ask("POST", "/api/fleets", { name: "buses" });
  const operation = await begun(place, {
    action: "fleet.join",
    selection: { q: "label.zone:north" },
    params: { fleet: "buses" },
    body: { priority: 3 },
  });
  expect(operation).toMatchObject({
    name: "bulk fleet.join",
    status: "running",
    board: null,
    parts: { total: 30, queued: 30 },
  });
  expect(await ended(place, operation)).toMatchObject({
    status: "done",
    parts: { total: 30, done: 30, queued: 0, failed: 0 },
  });
  expect((await place.ask("GET", "/api/fleets/buses")).body.boards).toBe(30);
  const shown: Bulk = (await place.ask("GET", `/api/bulk/${operation.uuid}`)).body;
  expect(shown).toMatchObject({
    action: "fleet.join",
    kind: "wish",
    selection: { q: "label.zone:north" },
    params: { fleet: "buses" },
  });
  const entries = await cloud.sql(
    "select action from audit_entries where project_id = ? and action in ('fleet.join', 'bulk.start')",
    place.project,
  );
  expect(entries).toHaveLength(31);
  // By page, in the order of their turns.
  const first = (await place.ask("GET", `/api/bulk/${operation.uuid}/boards?limit=20`)).body;
  expect(first.items).toHaveLength(20);
  const second = (
    await place.ask("GET", `/api/bulk/${operation.uuid}/boards?limit=20&after=${first.next}`)
  ).body;
  expect([...first.items, ...second.items].map(({ place: at }: BulkBoard) => at)).toEqual(
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  expect(second.next).toBeNull();
});

it("commands say of each board what it answered, or why not; those that failed are done again", async () => {
  const boards = await Promise.all([aBoard("there"), aBoard("there"), aBoard("away")]);
  const sessions: BoardSession[] = [];
  const join = async (board: (typeof boards)[number]) => {
    const session = await joinAs(cloud, board);
    sessions.push(session);
    await offer(session, board, () => ({ args: [{ atMs: Date.now() }] }));
  };
  const ask: Place["ask"] = (method, path, body) =>
    cloud.call(method, path, { token: cloud.admin, body });
  const place: Place = { project: "", ask };
  await join(boards[0] as (typeof boards)[number]);
  await join(boards[1] as (typeof boards)[number]);
  const selection = { boards: boards.map(({ name }) => name) };
  const preview = await ask("POST", "/api/bulk?preview=true", { action: "board.ping", selection });
  expect([preview.status, preview.body]).toEqual([
    200,
    {
      effects: [expect.objectContaining({ noun: "board", action: "board.ping", count: 2 })],
      refusals: [
        expect.objectContaining({ code: "board.offline", count: 1, first: [boards[2]?.name] }),
      ],
    },
  ]);
  const operation = await begun(place, { action: "board.ping", selection });
  expect(await ended(place, operation)).toMatchObject({
    status: "failed",
    problem: { code: "bulk.incomplete", details: { count: 1, total: 3 } },
    parts: { total: 3, done: 2, failed: 1 },
  });
  const failed = await boardsOf(place, operation.uuid, "&status=failed");
  expect(failed).toEqual([
    expect.objectContaining({
      board: boards[2]?.uuid,
      problem: expect.objectContaining({ code: "board.offline" }),
      result: null,
    }),
  ]);
  expect((await boardsOf(place, operation.uuid, "&status=done"))[0]?.result).toMatchObject({
    latencyMs: expect.any(Number),
  });
  // Again for those, waiting for them this time: it comes while it is waited for.
  const again = await begun(place, {
    action: "board.ping",
    selection: { again: { bulk: operation.uuid } },
    waitS: 60,
  });
  expect(again.parts?.total).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await ask("GET", `/api/operations/${again.uuid}`)).body.status).toBe("running");
  await join(boards[2] as (typeof boards)[number]);
  expect(await ended(place, again)).toMatchObject({ status: "done", parts: { done: 1 } });
  for (const { session } of sessions) await session.close();
});

it("is frozen when it is accepted; a board that has left the project by its turn is refused there", async () => {
  const place = await newProject();
  const boards = await newBoards(place, 6);
  await place.ask("POST", "/api/fleets", { name: "f" });
  const operation = await begun(place, {
    ...{ action: "fleet.join", selection: { q: "" }, params: { fleet: "f" } },
    ...{ atOnce: 1, perSecond: 2 },
  });
  await newBoards(place, 3);
  const last = (await boardsOf(place, operation.uuid)).at(-1);
  const other = await newProject();
  await cloud.sql(
    "update boards set project_id = ? where uuid = ?",
    other.project,
    last?.board ?? "",
  );
  expect(await ended(place, operation)).toMatchObject({
    parts: { total: boards.length, done: boards.length - 1, failed: 1 },
  });
  const [refused] = await boardsOf(place, operation.uuid, "&status=failed");
  expect(refused).toMatchObject({ board: last?.board, problem: { code: "board.not-found" } });
});

it("ends for who may no longer: a token that is revoked gives no board its turn", async () => {
  const place = await newProject();
  await newBoards(place, 8);
  await place.ask("POST", "/api/fleets", { name: "f" });
  const body = { name: unused("user"), password: "a long password indeed" };
  const user = (await cloud.call("POST", "/api/users", { token: cloud.admin, body })).body.uuid;
  await place.ask("PUT", `/api/projects/${place.project}/members/${user}`, { role: "manager" });
  const token = await cloud.signIn(body.name, body.password);
  const answer = await cloud.call("POST", "/api/bulk", {
    ...{ token, project: place.project },
    body: {
      ...{ action: "fleet.join", selection: { q: "" }, params: { fleet: "f" } },
      ...{ atOnce: 1, perSecond: 2 },
    },
  });
  expect(answer.status, answer.text).toBe(202);
  await expect
    .poll(async () => (await boardsOf(place, answer.body.uuid, "&status=done")).length)
    .toBeGreaterThan(0);
  expect((await cloud.call("DELETE", "/api/session", { token })).status).toBe(204);
  await ended(place, answer.body);
  const failed = await boardsOf(place, answer.body.uuid, "&status=failed");
  expect(failed.length).toBeGreaterThan(1);
  expect(new Set(failed.map(({ problem }) => problem?.code))).toEqual(new Set(["auth.expired"]));
});

it("needs the role of what it does with each board", async () => {
  const place = await newProject();
  await newBoards(place, 1);
  const body = { name: unused("user"), password: "a long password indeed" };
  const user = (await cloud.call("POST", "/api/users", { token: cloud.admin, body })).body.uuid;
  await place.ask("PUT", `/api/projects/${place.project}/members/${user}`, { role: "user" });
  const token = await cloud.signIn(body.name, body.password);
  const bulk = (action: string, path = "/api/bulk") =>
    cloud.call("POST", path, {
      ...{ token, project: place.project },
      body: { action, selection: { q: "" } },
    });
  for (const path of ["/api/bulk", "/api/bulk?preview=true"])
    expect(codes(await bulk("board.retire", path))).toEqual([403, "policy.denied"]);
  expect((await bulk("board.ping")).status).toBe(202);
});

it("is canceled: boards that have had no turn get none", async () => {
  const place = await newProject();
  await newBoards(place, 20);
  await place.ask("POST", "/api/fleets", { name: "f" });
  const operation = await begun(place, {
    ...{ action: "fleet.join", selection: { q: "" }, params: { fleet: "f" } },
    ...{ atOnce: 1, perSecond: 4 },
  });
  await expect
    .poll(async () => (await boardsOf(place, operation.uuid, "&status=done")).length)
    .toBeGreaterThan(0);
  const canceled = await place.ask("POST", `/api/operations/${operation.uuid}/cancel`, {});
  expect(canceled.body.status).toBe("canceled");
  const { done, canceled: left, total } = canceled.body.parts;
  expect(done + left).toBe(total);
  expect(left).toBeGreaterThan(10);
  expect((await place.ask("GET", "/api/fleets/f")).body.boards).toBe(done);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect((await place.ask("GET", "/api/fleets/f")).body.boards).toBe(done);
  expect(codes(await place.ask("POST", `/api/operations/${operation.uuid}/cancel`, {}))).toEqual([
    409,
    "operation.finished",
  ]);
});

it("refuses what selects nothing, says nothing, or what no board could be asked", async () => {
  const place = await newProject();
  const [board = ""] = await newBoards(place, 1);
  const bulk = (body: object) => place.ask("POST", "/api/bulk", body);
  const ping = { action: "board.ping" };
  expect(codes(await bulk({ ...ping, selection: { q: "label.no:where" } }))).toEqual([
    422,
    "bulk.nothing",
  ]);
  for (const [body, code] of [
    [{ ...ping, selection: {} }, "request.invalid"],
    [{ ...ping, selection: { q: "status:(" } }, "query.invalid"],
    [{ ...ping, selection: { boards: [board, "no-such-board"] } }, "board.not-found"],
    [{ ...ping, selection: { again: { bulk: board } } }, "operation.not-found"],
    [{ ...ping, selection: { q: "" }, body: { loud: true } }, "request.invalid"],
    [{ ...ping, selection: { q: "" }, params: { fleet: "x" } }, "request.invalid"],
    [{ action: "fleet.join", selection: { q: "" } }, "request.invalid"],
    [{ action: "board.create", selection: { q: "" } }, "request.invalid"],
    [{ action: "board.info", selection: { q: "" }, body: { a: 1 } }, "request.invalid"],
  ] as const)
    expect((await bulk(body)).code, JSON.stringify(body)).toBe(code);
  expect((await place.ask("GET", "/api/operations")).body.items).toEqual([]);
});

it("is begun once for an idempotency key, and not more often than a project may at a time", async () => {
  const place = await newProject();
  const board = await aBoard();
  void board;
  await newBoards(place, 1);
  const body = { action: "board.update", selection: { q: "" }, body: { labels: { a: "b" } } };
  const headers = { "idempotency-key": "a key that is long enough, 1" };
  const post = () =>
    cloud.call("POST", "/api/bulk", {
      ...{ token: cloud.admin, project: place.project, body },
      headers: { "idempotency-key": headers["idempotency-key"].replaceAll(" ", "-") },
    });
  const answers = await Promise.all([post(), post()]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(answers[0]?.body.uuid).toBe(answers[1]?.body.uuid);
  await ended(place, answers[0]?.body);
  expect((await place.ask("GET", "/api/operations")).body.items).toHaveLength(1);
  await newBoards(place, 5);
  const slow = { ...body, atOnce: 1, perSecond: 1 };
  for (let i = 0; i < MAX_BULKS_PER_PROJECT; i += 1) await begun(place, slow);
  expect(codes(await place.ask("POST", "/api/bulk", slow))).toEqual([409, "quota.exceeded"]);
  for (const { uuid } of (await place.ask("GET", "/api/operations?status=running")).body.items)
    await place.ask("POST", `/api/operations/${uuid}/cancel`, {});
});

it("a preview tells the refusals of a wish, and leaves every table as it was", async () => {
  const place = await newProject();
  const boards = await newBoards(place, 12);
  await place.ask("POST", "/api/fleets", { name: "f" });
  await place.ask("PUT", `/api/boards/${boards[0]}/fleets/f`, {});
  const tables = ["boards", "boards_fleets", "audit_entries", "changes", "operations", "bulks"];
  const state = async () => [
    ...(await Promise.all(tables.map(count))),
    await cloud.sql("select uuid, rev, updated_at from boards order by uuid"),
  ];
  const before = await state();
  const leave = await place.ask("POST", "/api/bulk?preview=true", {
    ...{ action: "fleet.leave", selection: { q: "" }, params: { fleet: "f" } },
  });
  const { effects, refusals }: Preview = leave.body;
  expect(effects).toEqual([expect.objectContaining({ action: "fleet.leave", count: 1 })]);
  expect(refusals).toEqual([expect.objectContaining({ code: "fleet.not-in", count: 11 })]);
  expect(refusals[0]?.first).toHaveLength(10);
  expect(codes(await place.ask("POST", "/api/bulk?preview=maybe", {}))).toEqual([
    422,
    "request.invalid",
  ]);
  expect(await state()).toEqual(before);
});

it("has met no fault of ours", () => {
  expect(cloud.complaints).toEqual([]);
});

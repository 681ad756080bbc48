// Fleets over the API: what is in them, who sees them, and that a board has one primary fleet at most.
import type { Board, Fleet } from "@s4t/contract";
import { MAX_FLEETS_PER_BOARD } from "@s4t/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
const projects = { own: "", foreign: "" };
let count = 0;
const unused = (kind: string): string => {
  count += 1;
  return `${kind}-${count}`;
};

const call = (method: string, path: string, body?: unknown, side: "own" | "foreign" = "own") =>
  cloud.call(method, path, { token: cloud.admin, project: projects[side], body });
const made = async (...args: Parameters<typeof call>) => {
  const answer = await call(...args);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const newFleet = (body: object = {}, side?: "own" | "foreign"): Promise<Fleet> =>
  made("POST", "/api/fleets", { name: unused("fleet"), ...body }, side);
const newBoard = async (body: object = {}, side?: "own" | "foreign"): Promise<Board> =>
  (await made("POST", "/api/boards", { name: unused("board"), ...body }, side)).board;
const join = (board: Board, fleet: Fleet | string, body: object = {}): Promise<Answered> =>
  call(
    "PUT",
    `/api/boards/${board.uuid}/fleets/${typeof fleet === "string" ? fleet : fleet.uuid}`,
    body,
  );
const fleetsOf = async (board: Board) =>
  ((await made("GET", `/api/boards/${board.uuid}`)) as Board).fleets.map(
    ({ name, priority }) => [name, priority] as const,
  );
const codes = ({ status, code }: Answered) => [status, code];

beforeAll(async () => {
  cloud = await openTestCloud();
  for (const side of ["own", "foreign"] as const)
    projects[side] = (
      await cloud.call("POST", "/api/projects", {
        token: cloud.admin,
        body: { name: `fleets-${side}` },
      })
    ).body.uuid;
}, 60_000);
afterAll(() => cloud.close());

it("is made, listed by name, changed by who knows its revision, and removed", async () => {
  const fleet = await newFleet({
    name: "zz-trams",
    description: "Line 28",
    labels: { line: "28" },
  });
  expect(fleet).toMatchObject({ rev: 1, boards: 0, labels: { line: "28" } });
  expect(codes(await call("POST", "/api/fleets", { name: "zz-trams" }))).toEqual([
    409,
    "fleet.name-taken",
  ]);
  const other = await newFleet({ name: "zz-trucks" });
  const first = await made("GET", "/api/fleets?limit=1");
  expect(first.next).not.toBeNull();
  const names: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: { items: Fleet[]; next: string | null } = await made(
      "GET",
      `/api/fleets?limit=1${after && `&after=${after}`}`,
    );
    names.push(...page.items.map(({ name }) => name));
    after = page.next;
  }
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(expect.arrayContaining(["zz-trams", "zz-trucks"]));

  const patch = (ifMatch: string, body: object) =>
    cloud.call("PATCH", `/api/fleets/${fleet.uuid}`, {
      ...{ token: cloud.admin, project: projects.own, body },
      headers: { "if-match": ifMatch },
    });
  const changed = await patch('"1"', { name: "zz-tramways" });
  expect(changed.body).toMatchObject({ name: "zz-tramways", rev: 2, description: "Line 28" });
  expect(changed.headers.get("etag")).toBe('"2"');
  expect(codes(await patch('"1"', { description: "late" }))).toEqual([412, "request.stale"]);
  expect(codes(await patch('"2"', { name: other.name }))).toEqual([409, "fleet.name-taken"]);
  expect((await call("DELETE", "/api/fleets/zz-tramways")).status).toBe(204);
  expect(codes(await call("GET", `/api/fleets/${fleet.uuid}`))).toEqual([404, "fleet.not-found"]);
});

it("a board has one primary fleet, and others by priority, of the same by name", async () => {
  const [a, b, c, d] = [
    await newFleet({ name: "p-a" }),
    await newFleet({ name: "p-b" }),
    await newFleet({ name: "p-c" }),
    await newFleet({ name: "p-d" }),
  ] as const;
  const board = await newBoard({ fleet: "p-a" });
  expect(board.fleets).toEqual([{ uuid: a.uuid, name: "p-a", priority: 0 }]);
  const answer = await join(board, d, { priority: 7 });
  expect(answer.body.fleets).toHaveLength(2);
  expect(answer.body.rev).toBe(board.rev + 1);
  await join(board, c, { priority: 7 });
  await join(board, b);
  expect(await fleetsOf(board)).toEqual([
    ["p-a", 0],
    ["p-c", 7],
    ["p-d", 7],
    ["p-b", 100],
  ]);
  // Another primary one takes the place of the first; said without priority, a membership stays as it is.
  await join(board, "p-d", { priority: 0 });
  await join(board, "p-d");
  expect(await fleetsOf(board)).toEqual([
    ["p-d", 0],
    ["p-c", 7],
    ["p-b", 100],
  ]);
  await made("PATCH", `/api/boards/${board.uuid}`, { fleet: b.uuid });
  expect(await fleetsOf(board)).toEqual([
    ["p-b", 0],
    ["p-c", 7],
  ]);
  await made("PATCH", `/api/boards/${board.uuid}`, { fleet: null });
  expect(await fleetsOf(board)).toEqual([["p-c", 7]]);
  expect((await made("DELETE", `/api/boards/${board.uuid}/fleets/p-c`)).fleets).toEqual([]);
  expect(codes(await call("DELETE", `/api/boards/${board.uuid}/fleets/p-c`))).toEqual([
    404,
    "fleet.not-in",
  ]);
});

it("two who make it another's primary fleet at once take turns", async () => {
  const board = await newBoard();
  const some = await Promise.all(Array.from({ length: 8 }, () => newFleet()));
  const answers = await Promise.all(some.map((fleet) => join(board, fleet, { priority: 0 })));
  expect(answers.map(({ status }) => status)).toEqual(some.map(() => 200));
  expect(await fleetsOf(board)).toHaveLength(1);
});

it("keeps what boards are in, and lets go of those that are retired", async () => {
  const fleet = await newFleet();
  const board = await newBoard({ fleet: fleet.uuid });
  expect(await made("GET", `/api/fleets/${fleet.uuid}`)).toMatchObject({ boards: 1 });
  expect(codes(await call("DELETE", `/api/fleets/${fleet.uuid}`))).toEqual([409, "fleet.in-use"]);
  await made("POST", `/api/boards/${board.uuid}/retire`, {});
  expect(codes(await join(board, fleet))).toEqual([409, "board.retired"]);
  expect(await made("GET", `/api/fleets/${fleet.uuid}`)).toMatchObject({ boards: 0 });
  expect((await call("DELETE", `/api/fleets/${fleet.uuid}`)).status).toBe(204);
});

it("lists and counts the boards of one fleet", async () => {
  const fleet = await newFleet();
  const [first, second] = [await newBoard({ fleet: fleet.name }), await newBoard()];
  await join(second, fleet);
  await newBoard();
  const page = await made("GET", `/api/boards?fleet=${fleet.name}`);
  expect(page.items.map(({ uuid }: Board) => uuid)).toEqual([first.uuid, second.uuid]);
  expect(page.items[1].fleets).toEqual([{ uuid: fleet.uuid, name: fleet.name, priority: 100 }]);
  expect(await made("GET", `/api/boards/counts?fleet=${fleet.uuid}`)).toEqual({
    total: 2,
    byStatus: { new: 2 },
  });
  expect((await made("GET", "/api/boards?fleet=no-such-fleet")).items).toEqual([]);
});

it("is a term of the query language, beside the other spellings", async () => {
  const fleet = await newFleet();
  const body = { labels: { zone: "porto nord" }, location: { latitude: -54.8, longitude: -68.3 } };
  const board = await newBoard({ ...body, fleet: fleet.uuid });
  await newBoard({ fleet: fleet.uuid });
  await newBoard(body);
  const found = async (query: string): Promise<string[]> =>
    (await made("GET", `/api/boards?${query}`)).items.map(({ uuid }: Board) => uuid);
  const q = encodeURIComponent(
    `fleet:${fleet.name} label.zone:"porto nord" near:-54.8,-68.3,10m -status:offline`,
  );
  expect(await found(`q=${q}`)).toEqual([board.uuid]);
  expect(
    await found(`q=${encodeURIComponent("near:-54.8,-68.3,10m")}&fleet=${fleet.uuid}`),
  ).toEqual([board.uuid]);
  expect(await found(`q=${q}&status=offline`)).toEqual([]);
  await made("PATCH", `/api/boards/${board.uuid}`, { location: null });
  expect(await found(`q=${q}`)).toEqual([]);
  const refused = await call("GET", `/api/boards?q=${encodeURIComponent("a (b")}`);
  expect([refused.status, refused.code, refused.body.details]).toEqual([
    422,
    "query.invalid",
    { at: 3, because: "is not closed" },
  ]);
});

it("is not found from another project, whichever way it is asked for", async () => {
  const theirs = await newFleet({ name: "theirs" }, "foreign");
  const board = await newBoard();
  for (const name of [theirs.uuid, "theirs"]) {
    expect(codes(await call("GET", `/api/fleets/${name}`))).toEqual([404, "fleet.not-found"]);
    expect(codes(await join(board, name))).toEqual([404, "fleet.not-found"]);
    expect(codes(await call("PATCH", `/api/boards/${board.uuid}`, { fleet: name }))).toEqual([
      404,
      "fleet.not-found",
    ]);
    expect((await made("GET", `/api/boards?fleet=${name}`)).items).toEqual([]);
    expect((await made("GET", `/api/boards?q=fleet:${name}`)).items).toEqual([]);
  }
  // Nor by an administrator who sees both: a board is in fleets of its own project.
  const all = await cloud.call("PUT", `/api/boards/${board.uuid}/fleets/${theirs.uuid}`, {
    ...{ token: cloud.admin, project: "all", body: {} },
  });
  expect(codes(all)).toEqual([404, "fleet.not-found"]);
  // What was refused changed nothing.
  expect(await made("GET", `/api/boards/${board.uuid}`)).toMatchObject({
    rev: board.rev,
    fleets: [],
  });
});

it("a board is in as many fleets as its limit, and may still change among them", async () => {
  const board = await newBoard();
  const some = [];
  for (let n = 0; n <= MAX_FLEETS_PER_BOARD; n++) some.push(await newFleet());
  const [last, ...rest] = some.reverse() as [Fleet, ...Fleet[]];
  for (const fleet of rest)
    expect((await join(board, fleet, { priority: fleet === rest[0] ? 0 : 5 })).status).toBe(200);
  expect(codes(await join(board, last))).toEqual([409, "quota.exceeded"]);
  expect((await join(board, last, { priority: 0 })).status).toBe(200);
  expect((await fleetsOf(board))[0]).toEqual([last.name, 0]);
});

it("is in the audit, and told to who listens, its boards' coming too", async () => {
  const fleet = await newFleet();
  const heard: Fleet[] = [];
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => send({ type: "auth", token: cloud.admin }));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (frame.type === "welcome")
        send({ type: "subscribe", id: 1, topic: "fleets", project: projects.own });
      if (frame.type === "snapshot") resolve();
      if (frame.type === "change") heard.push(...frame.data.changed);
    });
  });
  await newFleet({}, "foreign");
  const board = await newBoard({ fleet: fleet.uuid });
  await expect.poll(() => heard.at(-1)).toMatchObject({ uuid: fleet.uuid, boards: 1 });
  await made("PATCH", `/api/boards/${board.uuid}`, { fleet: null });
  await expect.poll(() => heard.at(-1)).toMatchObject({ uuid: fleet.uuid, boards: 0 });
  socket.terminate();
  expect(new Set(heard.map(({ project }) => project))).toEqual(new Set([projects.own]));
  await join(board, fleet);
  const audit = await made("GET", "/api/audit?limit=5");
  expect(audit.items[0]).toMatchObject({
    name: "fleet.join",
    resource: { noun: "board", uuid: board.uuid },
  });
});

it("is in the timeline of its boards, told of or not", async () => {
  const fleet = await newFleet();
  const board = await newBoard({ fleet: fleet.uuid });
  await join(board, fleet, { priority: 0 });
  await made("PATCH", `/api/boards/${board.uuid}`, { description: "moved", fleet: null });
  await made("PATCH", `/api/boards/${board.uuid}`, { description: "again" });
  const { items } = await made("GET", `/api/boards/${board.uuid}/timeline`);
  expect(items.map(({ code, facts }: { code: string; facts: object }) => [code, facts])).toEqual([
    ["description", { description: "again" }],
    ["description,fleets", { description: "moved", fleets: [fleet.uuid] }],
    ["fleets", { fleets: [] }],
    ["name,status,fleets", { name: board.name, status: "new", fleets: [fleet.uuid] }],
  ]);
});

it("goes with its project, which it does not keep", async () => {
  const { uuid } = (
    await cloud.call("POST", "/api/projects", { token: cloud.admin, body: { name: "short-lived" } })
  ).body;
  const asked = { token: cloud.admin, project: uuid };
  await cloud.call("POST", "/api/fleets", { ...asked, body: { name: "gone" } });
  const { board } = (
    await cloud.call("POST", "/api/boards", { ...asked, body: { name: "b", fleet: "gone" } })
  ).body;
  await cloud.call("POST", `/api/boards/${board.uuid}/retire`, { ...asked, body: {} });
  const answer = await cloud.call("DELETE", `/api/projects/${uuid}`, { token: cloud.admin });
  expect(answer.status, answer.text).toBe(204);
  expect(await cloud.sql("select uuid from fleets where project_id = ?", uuid)).toEqual([]);
});

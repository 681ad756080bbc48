// Who may listen to what: each topic of the event socket × each role × own and foreign project. A topic that is not in the table
// below does not compile.
import type { ServerFrame, TopicName } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Action, policyTable } from "../src/policy/index.ts";
import type { PolicyRow } from "../src/policy/row.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { create, pack } from "./plugin.ts";

/** What each topic is classified as, and whether its name goes on with a board's id. */
const topics = {
  boards: { action: "board.list", ofBoard: false },
  board: { action: "board.show", ofBoard: true },
  series: { action: "observation.read", ofBoard: true },
  plugins: { action: "injection.list", ofBoard: true },
  lines: { action: "injection.lines", ofBoard: true },
  connections: { action: "connection.list", ofBoard: true },
  fleets: { action: "fleet.list", ofBoard: false },
  operations: { action: "operation.list", ofBoard: false },
  audit: { action: "audit.list", ofBoard: false },
} as const satisfies Record<TopicName, { action: Action; ofBoard: boolean }>;

const callers = ["admin", "manager", "user", "auditor", "stranger"] as const;
type Caller = (typeof callers)[number];
const password = "correct horse battery staple";
let cloud: TestCloud;
const tokens = new Map<Caller, string>();
const projects = { own: "", foreign: "" };
const boards = { own: "", foreign: "" };

const made = async (method: string, path: string, body: unknown, project?: string) => {
  const answer = await cloud.call(method, path, { token: cloud.admin, body, project });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};

beforeAll(async () => {
  cloud = await openTestCloud();
  for (const side of ["own", "foreign"] as const) {
    projects[side] = (await made("POST", "/api/projects", { name: `topics-${side}` })).uuid;
    const { board } = await made("POST", "/api/boards", { name: `b-${side}` }, projects[side]);
    boards[side] = board.uuid;
  }
  const asked = { token: cloud.admin, project: projects.own };
  expect((await create(cloud, pack("watched"), asked)).status).toBe(201);
  await cloud.sql("update boards set pubkey = ? where uuid = ?", "own", boards.own);
  await made("PUT", `/api/boards/${boards.own}/plugins/watched`, {}, projects.own);
  tokens.set("admin", cloud.admin);
  for (const role of ["manager", "user", "auditor", "stranger"] as const) {
    const user = await made("POST", "/api/users", { name: `topics-${role}`, password });
    if (role !== "stranger")
      await made("PUT", `/api/projects/${projects.own}/members/${user.uuid}`, { role });
    tokens.set(role, await cloud.signIn(user.name, password));
  }
}, 60_000);
afterAll(() => cloud.close());

/** Subscribes and gives back the first frame about it; `then` runs while it listens, and what comes of it is given back too. */
const subscribe = (
  caller: Caller,
  topic: string,
  project: string,
  then?: () => Promise<unknown>,
): Promise<readonly ServerFrame[]> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
    const heard: ServerFrame[] = [];
    const send = (frame: unknown) => socket.send(JSON.stringify(frame));
    socket.on("error", reject);
    socket.on("open", () => send({ type: "auth", token: tokens.get(caller) }));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as ServerFrame;
      if (frame.type === "welcome") send({ type: "subscribe", id: 1, topic, project });
      if (!("id" in frame)) return;
      heard.push(frame);
      const isOver = heard.length > 1 || !then || frame.type === "error";
      if (isOver) {
        socket.terminate();
        resolve(heard);
      } else then().catch(reject);
    });
  });

const allows = (action: Action, caller: Caller): boolean => {
  const { allow } = policyTable[action] as PolicyRow;
  return caller === "admin" || (Array.isArray(allow) && (allow as string[]).includes(caller));
};

/** Lines are of one plugin, which is on the own board. */
const topicOf = (name: string, board: string): string =>
  `${name}:${board}${name === "lines" ? "/watched" : ""}`;

const cases = Object.entries(topics).flatMap(([name, topic]) =>
  callers.map((caller) => [name, caller, topic] as const),
);

describe("topics", () => {
  it.each(cases)("%s as %s in the own project", async (name, caller, { action, ofBoard }) => {
    const topic = ofBoard ? topicOf(name, boards.own) : name;
    const [first] = await subscribe(caller, topic, projects.own);
    if (allows(action, caller)) expect(first).toMatchObject({ type: "snapshot" });
    else {
      expect(first).toMatchObject({ type: "error" });
      expect((first as { code: string }).code).toMatch(/^(policy\.denied|project\.not-found)$/);
    }
  });

  it.each(cases.filter(([, caller]) => caller !== "admin"))(
    "%s as %s in a foreign project: as if it were not there",
    async (name, caller, { ofBoard }) => {
      const [first] = await subscribe(
        caller,
        ofBoard ? topicOf(name, boards.foreign) : name,
        ofBoard ? projects.own : projects.foreign,
      );
      expect(first).toMatchObject({ type: "error" });
      const { code } = first as { code: string };
      expect(code).toMatch(/^(policy\.denied|project\.not-found|board\.not-found)$/);
      // Nothing tells a foreign thing from one that is nowhere.
      const nowhere = "00000000-0000-7000-8000-000000000000";
      const [other] = await subscribe(
        caller,
        ofBoard ? topicOf(name, nowhere) : name,
        ofBoard ? projects.own : nowhere,
      );
      expect(other).toEqual(first);
    },
  );

  it("audit tells of an entry of the project at once, and of no other's", async () => {
    const [snapshot, change] = await subscribe("auditor", "audit", projects.own, async () => {
      await made("POST", "/api/boards", { name: "unheard" }, projects.foreign);
      await made("POST", "/api/boards", { name: "heard" }, projects.own);
    });
    expect(snapshot).toMatchObject({ type: "snapshot", data: { added: [] } });
    expect((change as { data: { added: unknown[] } }).data.added).toMatchObject([
      { name: "board.create", project: projects.own, resource: { name: "heard" } },
    ]);
  });
});

// `/metrics` of a running cloud, as a scraper reads it: every line, and what moves when something happens.
import { boardProcedures, boardUri, cloudProcedures } from "@s4t/contract";
import { createEd25519KeyPair } from "@s4t/wamp/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openRelay } from "../../../e2e/relay.ts";
import { toldMetrics } from "../../../scripts/docs/metrics.ts";
import { batchOf, enrolBoard, enrolWith, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { parseExposition, readMetrics } from "./exposition.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

const read = async (key: string): Promise<number | undefined> =>
  (await readMetrics(cloud.url)).get(key);
const becomes = (key: string, value: number) =>
  expect.poll(() => read(key), { timeout: 5_000 }).toBe(value);

it("is Prometheus' text, every line of it, with names that say what is measured in which unit", async () => {
  const answer = await fetch(`${cloud.url}/metrics`);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const ours = [...parseExposition(await answer.text())].filter(([name]) => /^s4t_/.test(name));
  expect(ours.length).toBeGreaterThan(15);
  for (const [name, { type, help }] of ours) {
    expect(help.length, name).toBeGreaterThan(10);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
    expect(name, "a unit that is not a base unit").not.toMatch(/_(ms|millis|minutes|kib|mb)(_|$)/);
  }
});

it("is what the reference page tells, neither more nor less", async () => {
  const told = toldMetrics().map(({ name, type }) => `${name} ${type}`);
  const text = await (await fetch(`${cloud.url}/metrics`)).text();
  const ours = [...parseExposition(text)].filter(([name]) => /^s4t_/.test(name));
  expect(ours.map(([name, { type }]) => `${name} ${type}`).sort()).toEqual(told.toSorted());
});

it("says how the process does: CPU, memory, and how far its event loop lags", async () => {
  const metrics = await readMetrics(cloud.url);
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "nodejs_eventloop_lag_p99_seconds",
    "nodejs_eventloop_lag_max_seconds",
  ])
    expect(metrics.has(name), name).toBe(true);
});

it("counts boards by state, and moves one over when it goes offline", async () => {
  const board = await enrolBoard(cloud, "coming and going");
  const offlineBefore = (await read('s4t_boards{status="offline"}')) ?? 0;
  const onlineBefore = (await read('s4t_boards{status="online"}')) ?? 0;
  const joinsBefore = (await read("s4t_link_joins_total")) ?? 0;
  const { session } = await joinAs(cloud, board);
  await becomes('s4t_boards{status="online"}', onlineBefore + 1);
  expect(await read("s4t_link_sessions")).toBe(1);
  await session.close();
  await becomes('s4t_boards{status="offline"}', offlineBefore + 1);
  expect(await read('s4t_boards{status="online"}')).toBe(onlineBefore);
  expect(await read('s4t_boards{status="retired"}')).toBe(0);
  expect(await read("s4t_link_sessions")).toBe(0);
  expect((await read("s4t_link_joins_total")) ?? 0).toBe(joinsBefore + 1);
});

it("times commands by how they ended, and HTTP requests by route, never by what a stranger wrote", async () => {
  const board = await enrolBoard(cloud, "commanded");
  const joined = await joinAs(cloud, board);
  await offer(joined, board, ({ procedure }) => {
    if (procedure === boardUri(board.uuid as never, boardProcedures.board.ping))
      return { args: [{ atMs: Date.now() }] };
    throw new TypeError("broken on purpose");
  });
  const count = (command: string, outcome: string) =>
    read(`s4t_command_duration_seconds_count{command="${command}",outcome="${outcome}"}`);
  const ask = (method: string, path: string) =>
    cloud.call(method, path, { token: cloud.admin, ...(method === "GET" ? {} : { body: {} }) });
  expect((await ask("POST", `/api/boards/${board.uuid}/ping`)).status).toBe(200);
  expect((await ask("GET", `/api/boards/${board.uuid}/info`)).status).toBeGreaterThan(499);
  expect(await count("board.ping", "done")).toBe(1);
  expect(await count("board.info", "board.failed")).toBe(1);
  await joined.session.close();
  await becomes("s4t_link_sessions", 0);
  expect((await ask("POST", `/api/boards/${board.uuid}/ping`)).code).toBe("board.offline");
  expect(await count("board.ping", "board.offline")).toBe(1);

  await ask("GET", "/api/boards/no-such-board");
  await ask("GET", "/somewhere/else");
  const routes = [...(await readMetrics(cloud.url)).keys()].filter((key) =>
    key.startsWith("s4t_http_request_duration_seconds_count"),
  );
  expect(routes).toContain(
    's4t_http_request_duration_seconds_count{method="GET",route="/api/boards/:uuid",status="404"}',
  );
  expect(routes.join()).not.toMatch(/no-such-board|somewhere/);
});

it("knows how far a board is, from the keep-alive of its link, as long as it is there", async () => {
  const board = await enrolBoard(cloud, "far away");
  const latency = async () =>
    (await cloud.call("GET", `/api/boards/${board.uuid}`, { token: cloud.admin })).body.connectivity
      .latencyMs;
  expect(await latency()).toBeNull();
  const { session } = await joinAs(cloud, board);
  await expect.poll(latency, { timeout: 5_000 }).toBeGreaterThan(0);
  expect(await latency()).toBeLessThan(1_000);
  await session.close();
  await expect.poll(latency, { timeout: 5_000 }).toBeNull();
});

it("tells how boards come, what they ask for and are hinted, and how they go, in no word of theirs", async () => {
  const board = await enrolBoard(cloud, "talkative");
  const key = (name: string, labels: string) => `s4t_${name}{${labels}}`;
  const keys = [
    "s4t_link_join_duration_seconds_count",
    key("board_request_duration_seconds_count", 'procedure="target.get",outcome="done"'),
    key("link_hints_total", 'outcome="answered"'),
    key("link_hints_total", 'outcome="unanswered"'),
    key("link_leaves_total", 'reason="other"'),
    key("link_leaves_total", 'reason="wamp.close.normal"'),
    key("link_leaves_total", 'reason="wamp.error.network_failure"'),
  ];
  const counts = async () => Promise.all(keys.map(async (each) => (await read(each)) ?? 0));
  const before = await counts();
  const grown = async () => (await counts()).map((count, i) => count - (before[i] ?? 0));
  const first = await joinAs(cloud, board);
  await first.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
  await offer(first, board, () => {
    throw new Error("not now");
  });
  const wish = (storeEveryS: number) =>
    cloud.call("PATCH", `/api/boards/${board.uuid}/settings`, {
      ...{ token: cloud.admin, body: { sensors: { storeEveryS } } },
    });
  expect((await wish(30)).status).toBe(200);
  await expect.poll(grown).toEqual([1, 1, 0, 1, 0, 0, 0]);
  await first.session.close("com.example.as-i-like");
  await expect.poll(grown).toEqual([1, 1, 0, 1, 1, 0, 0]);
  const second = await joinAs(cloud, board);
  await offer(second, board, () => ({ args: [{}] }));
  await wish(40);
  await expect.poll(grown).toEqual([2, 1, 1, 1, 1, 0, 0]);
  await second.session.close();
  await expect.poll(grown).toEqual([2, 1, 1, 1, 1, 1, 0]);
  const wire = await openRelay({
    ...{ listen: "127.0.0.1", port: 0 },
    to: { host: "127.0.0.1", port: Number(new URL(cloud.url).port) },
  });
  try {
    await joinAs({ url: `http://127.0.0.1:${wire.port}` }, board);
  } finally {
    await wire.close();
  }
  await expect.poll(grown).toEqual([3, 1, 1, 1, 1, 1, 1]);
  expect([...(await readMetrics(cloud.url)).keys()].join()).not.toContain("as-i-like");
  await becomes("s4t_link_waiting_presence", 0);
});

it("shows what a board is refused, and how long a write takes until it is durable", async () => {
  const calls = 's4t_link_refused_total{what="call"}';
  const before = (await read(calls)) ?? 0;
  const writes = 's4t_database_write_duration_seconds_count{outcome="committed"}';
  const written = (await read(writes)) ?? 0;
  const board = await enrolBoard(cloud, "curious");
  const { session } = await joinAs(cloud, board);
  await expect(session.call("s4t.cloud.secrets", { timeoutMs: 5_000 })).rejects.toBeTruthy();
  await expect(session.call("wamp.session.list", { timeoutMs: 5_000 })).rejects.toBeTruthy();
  expect(await read(calls)).toBe(before + 2);
  expect((await read(writes)) ?? 0).toBeGreaterThan(written);
  const refused = 's4t_database_write_duration_seconds_count{outcome="refused"}';
  const refusals = (await read(refused)) ?? 0;
  const patch = { token: cloud.admin, body: { name: "x" }, headers: { "if-match": '"99"' } };
  expect((await cloud.call("PATCH", `/api/boards/${board.uuid}`, patch)).code).toBe(
    "request.stale",
  );
  expect(await read(refused)).toBe(refusals + 1);
  await session.close();
});

it("counts who is not let in, by the code that it is told", async () => {
  const of = (method: string, code: string) =>
    read(`s4t_link_joins_refused_total{method="${method}",code="${code}"}`);
  const board = await enrolBoard(cloud, "refused");
  const stranger = { ...board, key: createEd25519KeyPair() };
  await expect(joinAs(cloud, stranger)).rejects.toBeTruthy();
  await expect(joinAs(cloud, board, { contract: 1_000_000 })).rejects.toBeTruthy();
  await expect(enrolWith(cloud, "AAAA-no-such-code")).rejects.toBeTruthy();
  expect([
    await of("key", "link.revoked"),
    await of("key", "link.version"),
    await of("enrolment", "enrolment.invalid"),
  ]).toEqual([1, 1, 1]);
});

it("counts jobs on their way, and how they ended", async () => {
  const board = await enrolBoard(cloud, "worker");
  const step = async (name: string) => (await read(`s4t_job_steps_total{step="${name}"}`)) ?? 0;
  const names = ["queued", "delivered", "done", "canceled"];
  const steps = () => Promise.all(names.map(step));
  const before = await steps();
  const grown = async () => (await steps()).map((now, i) => now - (before[i] ?? 0));
  const restart = async (): Promise<string> =>
    (
      await cloud.call("POST", `/api/boards/${board.uuid}/restart`, {
        ...{ token: cloud.admin, body: { deliver: "when-online" } },
      })
    ).body.uuid;
  const [first, second] = [await restart(), await restart()];
  expect(await grown()).toEqual([2, 0, 0, 0]);
  expect(await read('s4t_jobs{status="queued"}')).toBe(2);
  await cloud.call("POST", `/api/operations/${second}/cancel`, { token: cloud.admin, body: {} });
  const session = await joinAs(cloud, board);
  await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
  expect(await grown()).toEqual([2, 1, 0, 1]);
  const jobs = [await read('s4t_jobs{status="queued"}'), await read('s4t_jobs{status="running"}')];
  expect(jobs).toEqual([0, 1]);
  await session.report(1, [{ kind: "result", id: first, state: "done" }]);
  expect(await grown()).toEqual([2, 1, 1, 1]);
  expect(await read('s4t_jobs{status="running"}')).toBe(0);
  await session.session.close();
});

it("counts rows of reports that are missing between others, and backlogs over HTTP", async () => {
  const board = await enrolBoard(cloud, "gappy");
  const session = await joinAs(cloud, board);
  const dropped = { kind: "dropped", fromMs: 1, toMs: 2, count: 1 };
  const before = (await read("s4t_report_gaps_total")) ?? 0;
  await session.report(1, [dropped]);
  await session.report(2, [dropped]);
  expect(await read("s4t_report_gaps_total")).toBe(before);
  await session.report(9, [dropped]);
  expect(await read("s4t_report_gaps_total")).toBe(before + 1);
  const posted =
    's4t_board_request_duration_seconds_count{procedure="backlog over HTTP",outcome="done"}';
  const backlogs = (await read(posted)) ?? 0;
  const { token } = (await session.ask(cloudProcedures.reportBacklog, {})) as { token: string };
  await cloud.call("POST", "/link/backlog", { token, body: batchOf(10, [dropped]) });
  expect(await read(posted)).toBe(backlogs + 1);
  await session.session.close();
});

it("counts who listens to events, by topic", async () => {
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
  await new Promise((resolve) => socket.once("open", resolve));
  expect(await read("s4t_event_sockets")).toBe(0);
  socket.send(JSON.stringify({ type: "auth", token: cloud.admin }));
  for (const id of [1, 2]) socket.send(JSON.stringify({ type: "subscribe", id, topic: "boards" }));
  await becomes('s4t_event_subscriptions{topic="boards"}', 2);
  expect(await read("s4t_event_sockets")).toBe(1);
  expect(await read('s4t_event_subscriptions{topic="audit"}')).toBe(0);
  socket.terminate();
  await becomes("s4t_event_sockets", 0);
  expect(await read('s4t_event_subscriptions{topic="boards"}')).toBe(0);
});

it("says how far the audit log is numbered and witnessed", async () => {
  const size = (await read("s4t_audit_head_entries")) ?? 0;
  await cloud.call("POST", "/api/boards", { token: cloud.admin, body: { name: "audited" } });
  await expect.poll(() => read("s4t_audit_head_entries"), { timeout: 5_000 }).toBeGreaterThan(size);
  await becomes("s4t_audit_waiting_entries", 0);
  await becomes("s4t_audit_witness_lag_entries", 0);
  const signed = (await read("s4t_audit_head_timestamp_seconds")) ?? 0;
  expect(Math.abs(signed - Date.now() / 1_000)).toBeLessThan(60);
});

// What a busy link must not hold up: commands while a board brings what it kept for a day, and the end of a board whose key is
// withdrawn while others come back.
import { cloudProcedures, MAX_REPORT_ROWS } from "@s4t/contract";
import { WampError, wampErrors } from "@s4t/wamp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BOARD_REQUESTS_PER_SECOND } from "../src/link/link.ts";
import { batchOf, enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { readMetrics } from "./exposition.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

const uriOf = (error: unknown): string => (error instanceof WampError ? error.uri : String(error));

/** Batches of one backlog: a day's rows and more. */
const BATCHES = 12;
/** Slowest answer of a board whose backlog is on its way, on a machine that is busy besides. */
const ANSWERED_MS = 1_000;
/** A withdrawn key is out within this, whatever else goes on. */
const REVOKED_WITHIN_MS = 5_000;

it("a backlog goes beside the link: commands are answered meanwhile, and every row is stored once", async () => {
  const board = await enrolBoard(cloud, "long-away");
  const joined = await joinAs(cloud, board);
  await offer(joined, board, () => ({ args: [{ atMs: 1 }] }));
  await joined.report(1, [{ kind: "series", series: { level: { unit: "m", periodS: 60 } } }]);
  const fromMs = Date.now() - 12 * 3_600_000;
  let isSending = true;
  const send = async (): Promise<number> => {
    let acked = 1;
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const { token, path } = (await joined.ask(cloudProcedures.reportBacklog, {})) as {
        token: string;
        path: string;
      };
      const first = 2 + batch * MAX_REPORT_ROWS;
      const rows = Array.from({ length: MAX_REPORT_ROWS }, (_, i) => ({
        kind: "points",
        atMs: fromMs + (first + i) * 5_000,
        monotonicMs: (first + i) * 5_000,
        values: { level: i },
      }));
      const { status, text, body } = await cloud.call("POST", path, {
        token,
        body: batchOf(first, rows),
      });
      if (status !== 200) throw new Error(text);
      acked = body.acked;
    }
    isSending = false;
    return acked;
  };
  const sending = send();
  const tookMs: number[] = [];
  while (isSending) {
    const began = performance.now();
    const path = `/api/boards/${board.uuid}/ping`;
    const { status } = await cloud.call("POST", path, { token: cloud.admin, body: {} });
    expect(status).toBe(200);
    tookMs.push(performance.now() - began);
  }
  expect(await sending).toBe(1 + BATCHES * MAX_REPORT_ROWS);
  expect(tookMs.length).toBeGreaterThan(5);
  expect(Math.max(...tookMs)).toBeLessThan(ANSWERED_MS);
  expect((await readMetrics(cloud.url)).get('s4t_report_rows_total{outcome="stored"}')).toBe(
    1 + BATCHES * MAX_REPORT_ROWS,
  );
  await joined.session.close();
}, 60_000);

it("a board that floods is answered at its pace, and commands to others go on", async () => {
  const [rude, other] = [await enrolBoard(cloud, "rude"), await enrolBoard(cloud, "other")];
  const [flooding, quiet] = [await joinAs(cloud, rude), await joinAs(cloud, other)];
  await offer(quiet, other, () => ({ args: [{ atMs: 1 }] }));
  let isFlooding = true;
  const ends = new Map<string, number>();
  const flood = async (): Promise<void> => {
    while (isFlooding) {
      const end = await flooding
        .ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 })
        .then(() => "answered", uriOf);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  };
  const began = performance.now();
  const flooded = Promise.all(Array.from({ length: 16 }, flood));
  const tookMs: number[] = [];
  while (tookMs.length < 50) {
    const asked = performance.now();
    const path = `/api/boards/${other.uuid}/ping`;
    const { status } = await cloud.call("POST", path, { token: cloud.admin, body: {} });
    expect(status).toBe(200);
    tookMs.push(performance.now() - asked);
  }
  isFlooding = false;
  await flooded;
  const seconds = (performance.now() - began) / 1_000;
  expect([...ends.keys()].toSorted()).toEqual(["answered", wampErrors.unavailable]);
  expect(ends.get("answered")).toBeLessThanOrEqual(BOARD_REQUESTS_PER_SECOND * (seconds + 1));
  expect(ends.get(wampErrors.unavailable)).toBeGreaterThan(ends.get("answered") ?? 0);
  expect(Math.max(...tookMs)).toBeLessThan(ANSWERED_MS);
  await Promise.all([flooding, quiet].map(({ session }) => session.close()));
}, 60_000);

it("a board whose key is withdrawn is out within five seconds, while forty others come back, and stays out", async () => {
  const boards = await Promise.all(
    Array.from({ length: 40 }, (_, i) => enrolBoard(cloud, `storm-${i}`)),
  );
  const lost = await enrolBoard(cloud, "stolen");
  const session = await joinAs(cloud, lost);
  const storm = Promise.all(boards.map((board) => joinAs(cloud, board)));
  const began = performance.now();
  const path = `/api/boards/${lost.uuid}/retire`;
  expect((await cloud.call("POST", path, { token: cloud.admin, body: {} })).status).toBe(200);
  expect((await session.session.closed).reason).toBe("s4t.error.link.revoked");
  expect(performance.now() - began).toBeLessThan(REVOKED_WITHIN_MS);
  await expect(joinAs(cloud, lost)).rejects.toMatchObject({ code: "s4t.error.link.revoked" });
  for (const { session: other } of await storm) await other.close();
}, 60_000);

// Kills the cloud with SIGKILL in the middle of bulk operations, more than once: a wish is done for each board exactly once, a command
// is sent to each board at most once, and what is not known is said so.

import { parseEnrolment } from "@s4t/contract";
import { createEd25519KeyPair } from "@s4t/wamp/node";
import { expect, it } from "vitest";
import { type EnrolledBoard, enrolWith, joinAs, offer } from "../apps/iotronic/test/board.ts";
import { askDatabase } from "./database.ts";
import { freePort, listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const wished = 1_000;
const commanded = 60;
const kills = 3;

const inParallel = async (count: number, work: (i: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < count; i = next++) await work(i);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
};

it(`a bulk of ${wished} wishes goes on after each kill, and each board has it once`, async () => {
  const folder = temporaryFolder();
  const args = ["--port", String(await freePort())];
  let cloud = await startCloud(folder.path, { args });
  try {
    await cloud.signIn();
    await inParallel(wished, async (i) => {
      const made = await cloud.call("POST", "/api/boards", { name: `board-${i}` });
      expect(made.status, made.text).toBe(201);
    });
    await cloud.call("POST", "/api/fleets", { name: "all" });
    const begun = await cloud.call("POST", "/api/bulk", {
      ...{ action: "fleet.join", selection: { q: "" }, params: { fleet: "all" } },
      ...{ atOnce: 64, perSecond: 100 },
    });
    expect(begun.status, begun.text).toBe(202);
    const path = `/api/operations/${begun.body.uuid}`;
    for (let i = 1; i <= kills; i += 1) {
      await until(
        async () => (await cloud.call("GET", path)).body.parts.done,
        (done) => done >= i * 150,
        30_000,
      );
      await cloud.kill("SIGKILL");
      cloud = await startCloud(folder.path, { args });
      await cloud.signIn();
      expect((await cloud.call("GET", path)).body.status).toBe("running");
    }
    const ended = await until(
      async () => (await cloud.call("GET", path)).body,
      ({ status }) => status !== "running",
      60_000,
    );
    expect(ended).toMatchObject({ status: "done", parts: { total: wished, done: wished } });
    const entries = await askDatabase(
      folder.path,
      "select resource_id, count(*) as n from audit_entries where action = 'fleet.join' group by resource_id",
    );
    expect(entries).toHaveLength(wished);
    expect(entries.filter(({ n }) => Number(n) !== 1)).toEqual([]);
    const boards = await listAll(cloud, "/api/boards", { fleet: "all" });
    expect(boards).toHaveLength(wished);
    // Its revision says how often it was changed.
    expect(boards.filter(({ rev }) => rev !== 2)).toEqual([]);
  } finally {
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 180_000);

it(`of a bulk of ${commanded} commands each board hears once at most, and what was on its way is unknown`, async () => {
  const folder = temporaryFolder();
  const args = ["--port", String(await freePort())];
  const atOnce = 8;
  let cloud: RunningCloud = await startCloud(folder.path, { args });
  const heard = new Map<string, number>();
  const boards: EnrolledBoard[] = [];
  let isOver = false;
  /** Keeps a board on the link, whichever cloud is there; each ping takes it a while. */
  const keep = async (board: EnrolledBoard): Promise<void> => {
    while (!isOver)
      try {
        const session = await joinAs(cloud, board);
        await offer(session, board, async () => {
          heard.set(board.uuid, (heard.get(board.uuid) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 120));
          return { args: [{ atMs: Date.now() }] };
        });
        await session.session.closed;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
  };
  let kept: Promise<void>[] = [];
  try {
    await cloud.signIn();
    await inParallel(commanded, async (i) => {
      const made = await cloud.call("POST", "/api/boards", { name: `board-${i}` });
      const { code } = parseEnrolment(made.body.enrolment.enrolment);
      const key = createEd25519KeyPair();
      await (await enrolWith(cloud, code, key)).close();
      boards.push({ uuid: made.body.board.uuid, name: `board-${i}`, key });
    });
    kept = boards.map(keep);
    const online = () => cloud.call("GET", "/api/boards/counts");
    await until(online, ({ body }) => body.byStatus.online === commanded, 30_000);
    const begun = await cloud.call("POST", "/api/bulk", {
      ...{ action: "board.ping", selection: { q: "" }, atOnce, perSecond: 40 },
    });
    expect(begun.status, begun.text).toBe(202);
    const path = `/api/operations/${begun.body.uuid}`;
    for (let i = 1; i <= 2; i += 1) {
      await until(
        async () => (await cloud.call("GET", path)).body.parts.done,
        (done) => done >= i * 12,
        30_000,
      );
      await cloud.kill("SIGKILL");
      cloud = await startCloud(folder.path, { args });
      await cloud.signIn();
    }
    const ended = await until(
      async () => (await cloud.call("GET", path)).body,
      ({ status }) => status !== "running",
      90_000,
    );
    const { parts } = ended;
    expect(parts.done + parts.unknown).toBe(commanded);
    expect(parts.unknown).toBeLessThanOrEqual(2 * atOnce);
    const rows = (await cloud.call("GET", `/api/bulk/${begun.body.uuid}/boards?limit=1000`)).body
      .items as { board: string; status: string }[];
    expect([...heard.values()].filter((times) => times !== 1)).toEqual([]);
    for (const { board, status } of rows) if (status === "done") expect(heard.get(board)).toBe(1);
    // Those that never heard of it are among the unknown ones.
    for (const { board, status } of rows) if (!heard.has(board)) expect(status).toBe("unknown");
  } finally {
    isOver = true;
    await cloud.kill("SIGKILL");
    await Promise.all(kept);
    folder.remove();
  }
}, 240_000);

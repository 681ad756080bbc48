// One board, one session. What an older session still brings is void, whichever way it comes.
import { cloudProcedures } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { administered } from "./administered.ts";
import { batchOf, type EnrolledBoard, entryRow, joinAs, offer } from "./board.ts";

const { cloud, ask, show, ping, aBoard } = administered();

const waitFor = async ({ uuid }: EnrolledBoard, verb: "restart" | "reboot"): Promise<string> =>
  (await ask("POST", `/api/boards/${uuid}/${verb}`, { deliver: "when-online" })).body.uuid;
const stateOf = async (operation: string) =>
  (await ask("GET", `/api/operations/${operation}`)).body.status;
const settled = (text: string) => expect.objectContaining({ code: text });
/** As if another node of the cloud had opened a later session: this node has not heard of it. */
const openElsewhere = ({ uuid }: EnrolledBoard) =>
  cloud.sql("update boards set epoch = epoch + 1 where uuid = ?", uuid);

describe("a newer session of the same board", () => {
  it("ends the older one with a reason, and takes the calls over", async () => {
    const board = await aBoard();
    const older = await joinAs(cloud, board);
    await offer(older, board, () => ({ args: [{ atMs: 1 }] }));
    const newer = await joinAs(cloud, board);
    expect(newer.epoch).toBe(older.epoch + 1);
    expect((await older.session.closed).reason).toBe("s4t.error.link.superseded");
    await offer(newer, board, () => ({ args: [{ atMs: 2_000 }] }));
    const { body } = await ping(board);
    expect(body.result.boardTime).toBe("1970-01-01T00:00:02.000Z");
    const connectivity = async () => (await show(board)).connectivity;
    await expect.poll(connectivity).toMatchObject({ connected: true, epoch: 2 });
    await newer.session.close();
  });

  it("leaves a call that was under way to the older one unknown, never sent again", async () => {
    const board = await aBoard();
    const older = await joinAs(cloud, board);
    let called = 0;
    const reached = new Promise<void>((resolve) => {
      void offer(older, board, () => {
        called += 1;
        resolve();
        return new Promise(() => {});
      });
    });
    await expect.poll(() => show(board).then(({ status }) => status)).toBe("online");
    const answer = ping(board);
    await reached;
    const newer = await joinAs(cloud, board);
    expect((await answer).code).toBe("command.unknown");
    expect(called).toBe(1);
    await newer.session.close();
  });
});

describe("a session that a newer one replaced on another node", () => {
  it("reports nothing: no entry, no place in the journal, no end of a job", async () => {
    const board = await aBoard();
    const job = await waitFor(board, "restart");
    const zombie = await joinAs(cloud, board);
    await openElsewhere(board);
    const rows = [entryRow(1, "reached"), { kind: "result", id: job, state: "done", result: {} }];
    await expect(zombie.report(1, rows)).rejects.toEqual(settled("s4t.error.link.superseded"));
    expect((await show(board)).target.reached).toBe(0);
    expect(await stateOf(job)).toBe("queued");
    const present = await joinAs(cloud, board);
    expect(await present.report(1, rows)).toBe(2);
    expect([(await show(board)).target.reached, await stateOf(job)]).toEqual([1, "done"]);
    await present.session.close();
  });

  it("is given no target, and takes no job over", async () => {
    const board = await aBoard();
    const job = await waitFor(board, "restart");
    const zombie = await joinAs(cloud, board);
    await openElsewhere(board);
    await expect(zombie.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 })).rejects.toEqual(
      settled("s4t.error.link.superseded"),
    );
    expect(await stateOf(job)).toBe("queued");
    await zombie.session.close();
  });

  it("has no backlog taken with a ticket of before", async () => {
    const board = await aBoard();
    const zombie = await joinAs(cloud, board);
    const { token } = (await zombie.ask(cloudProcedures.reportBacklog, {})) as { token: string };
    const present = await joinAs(cloud, board);
    const answer = await cloud.call("POST", "/link/backlog", {
      token,
      body: batchOf(1, [entryRow(1, "reached")]),
    });
    expect([401, 409]).toContain(answer.status);
    expect((await show(board)).target.reached).toBe(0);
    await present.session.close();
  });

  it("is not welcomed where the store of values knows of the newer one already", async () => {
    const board = await aBoard();
    for (const session of [await joinAs(cloud, board), await joinAs(cloud, board)])
      await session.session.close();
    // As if this session had been numbered first, and were welcomed last.
    await cloud.sql("update boards set epoch = 0 where uuid = ?", board.uuid);
    await expect(joinAs(cloud, board)).rejects.toEqual(settled("s4t.error.link.superseded"));
  });

  it("says nothing about the present one by going", async () => {
    const board = await aBoard();
    const zombie = await joinAs(cloud, board);
    await expect.poll(async () => (await show(board)).connectivity.connected).toBe(true);
    await openElsewhere(board);
    await zombie.session.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await show(board)).connectivity.connected).toBe(true);
  });
});

describe("a report", () => {
  it("counts once, however often and by however many ways at once it comes", async () => {
    const board = await aBoard();
    const session = await joinAs(cloud, board);
    const { token } = (await session.ask(cloudProcedures.reportBacklog, {})) as { token: string };
    const rows = [{ kind: "dropped", fromMs: 1, toMs: 2, count: 7 }, entryRow(1, "failed")];
    const byHttp = cloud.call("POST", "/link/backlog", { token, body: batchOf(1, rows) });
    const acked = await Promise.all([1, 2, 3].map(() => session.report(1, rows)));
    expect([...acked, (await byHttp).body.acked]).toEqual([2, 2, 2, 2]);
    // Later rows that overtook earlier ones are not asked for again.
    expect(await session.report(3, [entryRow(1, "reached")])).toBe(3);
    expect(await session.report(1, rows)).toBe(3);
    expect((await show(board)).target).toMatchObject({ reached: 1, failed: 0 });
    await session.session.close();
  });

  it("ends jobs of its own board only", async () => {
    const [mine, other] = [await aBoard(), await aBoard()];
    const job = await waitFor(other, "restart");
    const session = await joinAs(cloud, mine);
    expect(await session.report(1, [{ kind: "result", id: job, state: "done" }])).toBe(1);
    expect(await stateOf(job)).toBe("queued");
    await session.session.close();
  });

  it("of a retired board is refused", async () => {
    const board = await aBoard();
    const session = await joinAs(cloud, board);
    const { token } = (await session.ask(cloudProcedures.reportBacklog, {})) as { token: string };
    await ask("POST", `/api/boards/${board.uuid}/retire`, {});
    expect((await session.session.closed).reason).toBe("s4t.error.link.revoked");
    const answer = await cloud.call("POST", "/link/backlog", {
      token,
      body: batchOf(1, [entryRow(1, "reached")]),
    });
    expect([401, 409]).toContain(answer.status);
    await expect(joinAs(cloud, board)).rejects.toEqual(settled("s4t.error.link.revoked"));
  });
});

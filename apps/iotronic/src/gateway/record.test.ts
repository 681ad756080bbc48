import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import type { StreamRecord } from "../edge/gateway.ts";
import { createConnections } from "./connections.ts";
import {
  createStreamLog,
  MAX_RECORDS_KEPT,
  RECORD_GATHER_MS,
  RECORD_RETRY_MS,
  RECORD_WITHIN_MS,
} from "./record.ts";

const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
};

const open = () => {
  const clock = createManualClock();
  const written: string[] = [];
  let takes = async (_records: readonly StreamRecord[]): Promise<void> => {};
  let dropped = 0;
  const streamLog = createStreamLog({
    clock,
    log: silentLog,
    onDropped: (count) => {
      dropped += count;
    },
    async record(records) {
      await takes(records);
      written.push(...records.map(({ entry }) => `${entry.action} ${entry.facts?.what}`));
    },
  });
  const connections = createConnections({ streamLog, clock });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  const connect = (what: string) => {
    let cuts = 0;
    const ended = connections.open({
      ...{ board: "b" as BoardId, boardName: "lamp", project: "p" as ProjectId },
      ...{ door: "port", what, from: "192.0.2.1", actor: null, publicPort: 20_000 },
      cut() {
        cuts += 1;
        ended("cancelled");
      },
      bytes: () => ({ in: 1, out: 2 }),
    });
    return { ended, cuts: () => cuts };
  };
  return {
    ...{ clock, written, streamLog, connections, connect, pass },
    takes(next: typeof takes) {
      takes = next;
    },
    dropped: () => dropped,
  };
};
const full = async (): Promise<never> => {
  throw fail("cloud.storage-full");
};

describe("the record of streams", () => {
  it("has an opening and an end for each, and one line for what was over before it was written", async () => {
    const { written, connect, pass } = open();
    const stays = connect("stays");
    connect("passes").ended("ended");
    await pass(RECORD_GATHER_MS);
    stays.ended("ended");
    await pass(RECORD_GATHER_MS);
    expect(written).toEqual(["stream.open stays", "stream.pass passes", "stream.close stays"]);
  });

  it("that cannot be written is told to who waits for it, cuts what it is about, and is made up for later", async () => {
    const { written, takes, streamLog, connections, connect, pass } = open();
    takes(full);
    const one = connect("one");
    await expect(streamLog.flush()).rejects.toMatchObject({ code: "cloud.storage-full" });
    expect([one.cuts(), connections.size]).toEqual([1, 0]);
    expect(streamLog.problem?.code).toBe("cloud.storage-full");
    await pass(5 * RECORD_RETRY_MS);
    expect([written, streamLog.waiting]).toEqual([[], 1]);
    takes(async () => {});
    await pass(RECORD_RETRY_MS);
    expect(written).toEqual(["stream.pass one"]);
    expect([streamLog.problem, streamLog.waiting]).toEqual([undefined, 0]);
  });

  it("of a public port that cannot be written within its time cuts who is there", async () => {
    const { takes, connect, pass } = open();
    takes(full);
    const one = connect("one");
    await pass(RECORD_GATHER_MS - 1);
    expect(one.cuts()).toBe(0);
    await pass(1);
    expect(one.cuts()).toBe(1);
  });

  it("that hangs cuts who is there as well, and says the truth when it goes on", async () => {
    const { written, takes, connect, pass, streamLog } = open();
    const held = Promise.withResolvers<void>();
    takes(() => held.promise);
    const one = connect("one");
    await pass(RECORD_WITHIN_MS - 1);
    expect(one.cuts()).toBe(0);
    await pass(1);
    expect(one.cuts()).toBe(1);
    expect(streamLog.problem?.code).toBe("cloud.unavailable");
    held.resolve();
    await pass(RECORD_GATHER_MS);
    expect(written).toEqual(["stream.open one", "stream.close one"]);
    expect(streamLog.problem).toBeUndefined();
  });

  it("lets in again where nothing is left to try it by", async () => {
    const { takes, streamLog, pass } = open();
    takes(full);
    streamLog.add({
      say: () => ({ entry: {} }) as unknown as StreamRecord,
      onFailed() {},
    });
    await streamLog.flush().catch(() => {});
    expect(streamLog.problem).toBeDefined();
    await pass(RECORD_RETRY_MS);
    expect(streamLog.problem).toBeUndefined();
  });

  it("is not kept without bound, and what is dropped is counted", async () => {
    const { takes, streamLog, pass, dropped } = open();
    takes(full);
    const say = () => ({ entry: {} }) as unknown as StreamRecord;
    for (let i = 0; i < MAX_RECORDS_KEPT + 7; i += 1) streamLog.add({ say });
    await streamLog.flush().catch(() => {});
    await pass(10 * RECORD_RETRY_MS);
    expect(dropped()).toBe(7);
    expect(streamLog.waiting).toBe(MAX_RECORDS_KEPT);
  });

  it("says of what goes with the cloud that it stopped", async () => {
    const { streamLog, connections, connect, takes } = open();
    const reasons: unknown[] = [];
    takes(async (records) => {
      for (const { entry } of records) reasons.push(entry.facts?.reason);
    });
    connect("one");
    await streamLog.flush();
    connections.stop();
    await streamLog.stop();
    expect(reasons).toEqual([undefined, "cloud-stopped"]);
  });
});

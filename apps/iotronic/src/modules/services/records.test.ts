import type { ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import type { AuditInput, AuditLog } from "../../edge/facts.ts";
import type { StreamRecord } from "../../edge/gateway.ts";
import { everything, systemActor } from "../../policy/index.ts";
import { createRecords, LOST_RETRY_MS, MAX_LOST_AT_ONCE } from "./records.ts";
import { listStreams } from "./store.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.close());

const recordOf = (action: string, connection: string): StreamRecord => ({
  entry: {
    actor: { ...systemActor, kind: "user", uuid: "u", name: "maria", address: "192.0.2.1" },
    action,
    project: "p" as ProjectId,
    resource: { noun: "board", uuid: "b", name: "lamp" },
    facts: { door: "shell", what: "shell", connection },
  },
});
const opened = (uuid: string): StreamRecord => ({ ...recordOf("stream.open", uuid), opens: uuid });
const closed = (uuid: string): StreamRecord => ({
  ...recordOf("stream.close", uuid),
  closes: uuid,
});
/** A cloud's records over the database as it is: each call is another start. */
const open = () => {
  const written: AuditInput[] = [];
  let isFull = false;
  const append: AuditLog["append"] = async (tx, entry) => {
    if (isFull) throw new Error("no room");
    tx.afterCommit(() => written.push(entry));
  };
  const clock = createManualClock();
  const { database } = test;
  const audit = { append } as AuditLog;
  const records = createRecords({ database, audit, clock, log: silentLog });
  return {
    ...{ records, written, clock },
    full: (is: boolean) => {
      isFull = is;
    },
  };
};
const left = async (): Promise<string[]> =>
  (await test.database.read(everything, (reader) => listStreams(everything, reader))).map(
    ({ uuid }) => uuid,
  );

describe("the record of streams", () => {
  it("knows which streams are open, in the transaction that says so", async () => {
    const { records, full } = open();
    await records.record([opened("1"), opened("2"), closed("1"), recordOf("stream.pass", "3")]);
    expect(await left()).toEqual(["2"]);
    full(true);
    await expect(records.record([opened("4"), closed("2")])).rejects.toThrow("no room");
    expect(await left()).toEqual(["2"]);
  });

  it("ends at the start what an earlier run left open, and never what this one opens", async () => {
    const names = Array.from({ length: MAX_LOST_AT_ONCE + 3 }, (_, i) => String(1_000 + i));
    await open().records.record(names.map(opened));
    const { records, written } = open();
    await records.start?.();
    expect(written.map(({ facts }) => facts?.connection)).toEqual(names);
    expect(written[0]).toMatchObject({
      action: "stream.close",
      actor: { kind: "user", uuid: "u", name: "maria", address: "192.0.2.1", admin: false },
      project: "p",
      resource: { noun: "board", uuid: "b", name: "lamp" },
      facts: { door: "shell", what: "shell", reason: "cloud-stopped" },
    });
    expect(await left()).toEqual([]);
    const again = open();
    await again.records.start?.();
    expect(again.written).toEqual([]);
  });

  it("starts on a database that takes nothing, and makes up for it", async () => {
    await open().records.record([opened("1")]);
    const { records, written, clock, full } = open();
    full(true);
    await records.start?.();
    await expect(records.record([opened("2")])).rejects.toThrow();
    full(false);
    await records.record([opened("3")]);
    clock.advance(LOST_RETRY_MS);
    await expect.poll(left).toEqual(["3"]);
    expect(written.map(({ action, facts }) => [action, facts?.connection])).toEqual([
      ["stream.open", "3"],
      ["stream.close", "1"],
    ]);
  });
});

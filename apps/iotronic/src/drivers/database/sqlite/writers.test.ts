import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "@s4t/kit";
import { afterEach, describe, expect, it } from "vitest";
import type { Tx } from "../../../ports/database.ts";
import { CHECKPOINT_WRITES, createCheckpointer } from "../../../technology/sqlite/checkpoint.ts";
import { SqliteConnection } from "./dialect.ts";
import { createWriters, type WritingSide } from "./writers.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const openSide = (parts: Partial<WritingSide> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-writers-"));
  folders.push(folder);
  const file = join(folder, "cloud.sqlite");
  const database = new DatabaseSync(file);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL",
  );
  database.exec("create table changes (resource_id text not null, patch text)");
  const side: WritingSide = {
    database,
    connection: new SqliteConnection(database),
    onCommit: () => {},
    flush: async () => {},
    committed: async () => {},
    ...parts,
  };
  const list = () =>
    database
      .prepare("select resource_id as id from changes")
      .all()
      .map(({ id }) => id);
  return { side, file, list };
};

const insert = (tx: Tx, id: string, patch = "{}") =>
  tx.queries
    .insertInto("changes")
    .values({ resource_id: id, patch } as never)
    .execute();

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("writers", () => {
  it("takes the transaction away from one that does not come to an end; the others go on", async () => {
    const { side, list } = openSide();
    const writers = createWriters(() => side, systemClock.monotonicMs, 60);
    let late: Promise<unknown> | undefined;
    const hung = writers.write(async (tx) => {
      await insert(tx, "hung");
      await new Promise((resolve) => setTimeout(resolve, 150));
      late = insert(tx, "late");
      await late;
    });
    const other = writers.write((tx) => insert(tx, "other"));
    await expect(hung).rejects.toMatchObject({ code: "deadline.exceeded" });
    await other;
    await new Promise((resolve) => setTimeout(resolve, 150));
    await expect(late).rejects.toMatchObject({ code: "internal" });
    expect(list()).toEqual(["other"]);
  });
  it("refuses a query that nobody awaited, instead of putting it into the next one's transaction", async () => {
    const { side, list } = openSide();
    const writers = createWriters(() => side, systemClock.monotonicMs);
    let stray: Promise<unknown> | undefined;
    await writers.write(async (tx) => {
      await insert(tx, "awaited");
      setImmediate(() => {
        stray = insert(tx, "stray");
        stray.catch(() => {});
      });
    });
    await writers.write((tx) => insert(tx, "next"));
    await turns(3);
    await expect(stray).rejects.toMatchObject({ code: "internal" });
    expect(list()).toEqual(["awaited", "next"]);
  });
  it("acknowledges nobody before the flush, and nobody at all when it fails", async () => {
    const flushes: { done: () => void; fail: (error: Error) => void }[] = [];
    const heard: string[] = [];
    const { side } = openSide({
      onCommit: () => heard.push("in the log"),
      flush: () => new Promise((done, fail) => flushes.push({ done, fail })),
    });
    const writers = createWriters(() => side, systemClock.monotonicMs);
    const first = writers.write(async (tx) => {
      tx.afterCommit(() => heard.push("committed"));
      await insert(tx, "first");
    });
    void first.then(() => heard.push("acknowledged"));
    await turns(20);
    expect(flushes).toHaveLength(1);
    expect(heard).toEqual(["in the log"]);
    flushes[0]?.done();
    await first;
    await turns(1);
    expect(heard).toEqual(["in the log", "committed", "acknowledged"]);
    const second = writers.write(async (tx) => {
      tx.afterCommit(() => heard.push("never"));
      await insert(tx, "second");
    });
    await turns(20);
    flushes[1]?.fail(new TypeError("the disk is gone"));
    await expect(second).rejects.toThrow("the disk is gone");
    expect(heard).toEqual(["in the log", "committed", "acknowledged", "in the log"]);
  });
  it("does everybody's work, and what comes after it, as part of the request that wrote; what is the group's of none", async () => {
    const places = new AsyncLocalStorage<string>();
    const heard: string[] = [];
    const hear = (what: string) => heard.push(`${what}: ${places.getStore()}`);
    const { side } = openSide({
      onCommit: () => hear("commit"),
      flush: async () => void hear("flush"),
      committed: async () => void hear("committed"),
    });
    const writers = createWriters(() => side, systemClock.monotonicMs);
    const write = (place: string) =>
      places.run(place, async () => {
        await writers.write(async (tx) => {
          await insert(tx, place);
          hear("work");
          tx.afterCommit(() => hear("after"));
        });
        hear("answered");
      });
    await Promise.all(["first", "second"].map(write));
    await writers.idle();
    const ofAll = ["commit: undefined", "flush: undefined", "after: first", "after: second"];
    expect(heard.slice(0, 6)).toEqual(["work: first", "work: second", ...ofAll]);
    expect(heard.slice(6).sort()).toEqual([
      "answered: first",
      "answered: second",
      "committed: undefined",
    ]);
  });
  it("leaves the loop to others when somebody writes again as soon as it is answered", async () => {
    const { side } = openSide();
    const writers = createWriters(() => side, systemClock.monotonicMs);
    let ended = false;
    let count = 0;
    const endless = async (): Promise<void> => {
      while (!ended && count < 20_000) {
        await writers.write((tx) => insert(tx, "again"));
        count += 1;
      }
    };
    const writing = endless();
    await new Promise((resolve) => setTimeout(resolve, 20));
    ended = true;
    await writing;
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(20_000);
  });
  it("rejects all of a group whose transaction is lost in its middle", async () => {
    const { side } = openSide();
    const writers = createWriters(() => side, systemClock.monotonicMs);
    const results = await Promise.allSettled(
      [0, 1, 2].map((i) =>
        writers.write(async (tx) => {
          await insert(tx, `w${i}`);
          if (i === 1) side.database.exec("ROLLBACK"); // as a full disk does
        }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await writers.write((tx) => insert(tx, "after"));
  });
});

describe("checkpoints", () => {
  it("move what was written into the database, in a thread of their own", async () => {
    const { side, file, list } = openSide();
    const checkpointer = createCheckpointer(file, true);
    const writers = createWriters(
      () => ({ ...side, committed: (count) => checkpointer.committed(count) }),
      systemClock.monotonicMs,
    );
    const text = "x".repeat(8_000);
    const count = CHECKPOINT_WRITES + 200;
    for (let i = 0; i < count; i += 1) await writers.write((tx) => insert(tx, `w${i}`, text));
    await checkpointer.close();
    expect(list()).toHaveLength(count);
    // Without a checkpoint everything would stand in the log.
    expect(statSync(file).size).toBeGreaterThan(8_000 * CHECKPOINT_WRITES);
    side.database.close();
  });
});

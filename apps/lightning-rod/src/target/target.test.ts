import { defaultSettings, fail, type Target } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import { describe, expect, it } from "vitest";
import { openRefusing } from "../../test/machine.ts";
import { openMemory, type Storage } from "../storage.ts";
import { createTargetKeeper } from "./target.ts";

const sectionOf = (values: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(values).map(([key, value]) => ({
    key,
    hash: hashOf(value),
    value,
  }));
  return { hash: hashOf(entries.map(({ key, hash }) => [key, hash])), entries };
};
const settings = (storeEveryS: number) => ({
  ...defaultSettings,
  sensors: { enabled: true, storeEveryS },
});
const target = (revision: number, values: Readonly<Record<string, unknown>>): Target => ({
  revision,
  sections: { settings: sectionOf(values) },
});

/** A keeper whose executors note what they were given; the log's can be told to fail. */
const open = (storage: Storage = openMemory()) => {
  const applied: string[] = [];
  const faults = { log: false };
  const keeper = createTargetKeeper(
    storage,
    {
      "settings/sensors": {
        apply: ({ storeEveryS }) => void applied.push(`sensors ${storeEveryS}`),
        remove: () => void applied.push("sensors removed"),
      },
      "settings/log": {
        apply: ({ level }) => {
          if (faults.log) throw fail("board.failed", { because: "no log here" });
          applied.push(`log ${level}`);
        },
        remove: () => void applied.push("log removed"),
      },
      "trust/ca": { apply: () => {}, remove: () => {} },
    },
    silentLog,
  );
  return { keeper, applied, faults, storage };
};
const noRetry = { retryFailed: false };

describe("the target on the board", () => {
  it("applies the other entries although one fails or is not known here, each with its code", async () => {
    const { keeper, applied, faults } = open();
    faults.log = true;
    const { entries } = await keeper.take(target(1, { ...settings(30), future: 1 }), noRetry);
    expect(applied).toEqual(["sensors 30"]);
    expect(entries.map(({ key, state, code }) => [key, state, code])).toEqual([
      ["settings/sensors", "reached", undefined],
      ["settings/log", "failed", "board.failed"],
      ["settings/future", "failed", "target.entry-unknown"],
    ]);
  });
  it("tries what failed again at a join, and leaves alone what holds", async () => {
    const { keeper, applied, faults } = open();
    faults.log = true;
    await keeper.take(target(1, settings(30)), noRetry);
    faults.log = false;
    await keeper.take(target(1, settings(30)), noRetry);
    expect(applied).toEqual(["sensors 30"]);
    const { entries } = await keeper.take(target(1, settings(30)), { retryFailed: true });
    expect(applied).toEqual(["sensors 30", "log info"]);
    expect(entries.every(({ state }) => state === "reached")).toBe(true);
  });
  it("holds again after a restart, without a cloud", async () => {
    const first = open();
    await first.keeper.take(target(1, settings(45)), noRetry);
    const second = open(first.storage);
    await second.keeper.restore();
    expect(second.applied).toEqual(["sensors 45", "log info"]);
  });
  it.each(["", "{", "null", "[]", "7", '{"sections":7}', '{"revision":1,"sections":{"a":null}}'])(
    "takes a damaged file (%j) for none: the cloud brings it all again",
    async (damaged) => {
      const storage = openMemory();
      storage.write("target.json", damaged);
      storage.write("applied.json", damaged);
      const { keeper, applied } = open(storage);
      await keeper.restore();
      expect(keeper.have()).toEqual({});
      await keeper.take(target(3, settings(20)), noRetry);
      expect(applied).toEqual(["sensors 20", "log info"]);
    },
  );
  it("applies nothing that a restart would undo: a full disk is told as the failure of each entry", async () => {
    const disk = openRefusing();
    const { keeper, applied } = open(disk);
    await keeper.take(target(1, settings(30)), noRetry);
    disk.refuses = true;
    const { entries } = await keeper.take(target(2, settings(40)), noRetry);
    expect(entries.map(({ key, state, code }) => [key, state, code])).toEqual([
      ["settings/sensors", "failed", "board.storage"],
      ["settings/log", "reached", undefined],
    ]);
    disk.refuses = false;
    await keeper.take(target(2, settings(40)), { retryFailed: true });
    expect(applied).toEqual(["sensors 30", "log info", "sensors 40"]);
  });
});

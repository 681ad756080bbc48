import { defaultSettings, fail, type Target } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import { describe, expect, it } from "vitest";
import { openRefusing } from "../../test/machine.ts";
import { openMemory, type Storage } from "../storage.ts";
import type { Executors } from "./kinds.ts";
import { createTargetKeeper, type TargetKeeper } from "./target.ts";

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

const settled: Executors["plugins/*"] = { apply: () => {}, remove: () => {} };

/** A keeper whose executors note what they were given; the log's can be told to fail. */
const open = (storage: Storage = openMemory(), plugins = settled) => {
  const applied: string[] = [];
  const faults = { log: false };
  const told: string[][] = [];
  const keeper: TargetKeeper = createTargetKeeper(
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
      "trust/project-key": { apply: () => keeper.applyAgain("plugins"), remove: () => {} },
      "plugins/*": plugins,
      "services/*": { apply: () => {}, remove: () => {} },
    },
    silentLog,
    () => {
      told.push(keeper.report().entries.map(({ key, state }) => `${key} ${state}`));
    },
  );
  return { keeper, applied, faults, storage, told };
};
const noRetry = { retryFailed: false };

describe("the target on the board", () => {
  it("applies the other entries although one fails or is not known here, each with its code", async () => {
    const { keeper, applied, faults } = open();
    faults.log = true;
    const { entries } = keeper.take(target(1, { ...settings(30), future: 1 }), noRetry);
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
    keeper.take(target(1, settings(30)), noRetry);
    faults.log = false;
    keeper.take(target(1, settings(30)), noRetry);
    expect(applied).toEqual(["sensors 30"]);
    const { entries } = keeper.take(target(1, settings(30)), { retryFailed: true });
    expect(applied).toEqual(["sensors 30", "log info"]);
    expect(entries.every(({ state }) => state === "reached")).toBe(true);
  });
  it("holds again after a restart, without a cloud", async () => {
    const first = open();
    first.keeper.take(target(1, settings(45)), noRetry);
    const second = open(first.storage);
    second.keeper.restore();
    expect(second.applied).toEqual(["sensors 45", "log info"]);
  });
  it.each(["", "{", "null", "[]", "7", '{"sections":7}', '{"revision":1,"sections":{"a":null}}'])(
    "takes a damaged file (%j) for none: the cloud brings it all again",
    async (damaged) => {
      const storage = openMemory();
      storage.write("target.json", damaged);
      storage.write("applied.json", damaged);
      const { keeper, applied } = open(storage);
      keeper.restore();
      expect(keeper.have()).toEqual({});
      keeper.take(target(3, settings(20)), noRetry);
      expect(applied).toEqual(["sensors 20", "log info"]);
    },
  );
  it("applies nothing that a restart would undo: a full disk is told as the failure of each entry", async () => {
    const disk = openRefusing();
    const { keeper, applied } = open(disk);
    keeper.take(target(1, settings(30)), noRetry);
    disk.refuses = true;
    const { entries } = keeper.take(target(2, settings(40)), noRetry);
    expect(entries.map(({ key, state, code }) => [key, state, code])).toEqual([
      ["settings/sensors", "failed", "board.storage"],
      ["settings/log", "reached", undefined],
    ]);
    disk.refuses = false;
    keeper.take(target(2, settings(40)), { retryFailed: true });
    expect(applied).toEqual(["sensors 30", "log info", "sensors 40"]);
  });
});

const sha = "a".repeat(64);
const plugin = (name: string, sign = "1") => ({
  ...{ name, version: sha, onBoot: false, restart: "no", parameters: {} },
  signature: { key: sha, signature: sign.repeat(128) },
  manifest: {
    ...{ format: 1, name, runtime: "node", entry: "a.mjs", mode: "sync", parameters: null },
    limits: { memoryMiB: 64, cpuPercent: 100, processes: 64, callS: 30 },
    needs: { network: true, children: false, read: [], write: [] },
    isolated: false,
    files: [{ path: "a.mjs", bytes: 1, sha256: sha }],
    blob: { sha256: sha, bytes: 30 },
  },
});
const withPlugins = (
  revision: number,
  ...plugins: readonly ReturnType<typeof plugin>[]
): Target => ({
  revision,
  sections: {
    plugins: sectionOf(Object.fromEntries(plugins.map((each) => [each.name, each]))),
    settings: sectionOf(settings(revision)),
  },
});

/** Executor whose work ends when the test says, noting what it was told to do. */
const openSlow = () => {
  const said: string[] = [];
  const ends: (() => void)[] = [];
  const slow: Executors["plugins/*"] = {
    apply: ({ name, signature }, { signal }) => {
      const what = `${name} ${signature.signature[0]}`;
      said.push(what);
      signal.addEventListener("abort", () => said.push(`${what} stopped`));
      return new Promise((resolve) =>
        ends.push(() => {
          said.push(`${what} ended`);
          resolve();
        }),
      );
    },
    remove: ({ key }) => void said.push(`${key} removed`),
  };
  return { slow, said, end: (at: number) => ends[at]?.() };
};
const statesOf = ({ entries }: ReturnType<TargetKeeper["report"]>) =>
  Object.fromEntries(entries.map(({ key, state }) => [key, state]));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("an entry whose work takes long", () => {
  it("waits, while the others and a later target are applied, and is told again when it has settled", async () => {
    const { slow, end } = openSlow();
    const { keeper, applied, told } = open(openMemory(), slow);
    keeper.take(withPlugins(10, plugin("a"), plugin("b")), noRetry);
    expect(applied).toEqual(["sensors 10", "log info"]);
    const report = keeper.take(withPlugins(20, plugin("a"), plugin("b")), noRetry);
    expect(applied.slice(2)).toEqual(["sensors 20"]);
    expect(statesOf(report)).toMatchObject({ "plugins/a": "waiting", "plugins/b": "waiting" });
    end(1);
    await turn();
    expect(told).toHaveLength(1);
    expect(told[0]).toEqual(expect.arrayContaining(["plugins/a waiting", "plugins/b reached"]));
  });
  it("is not begun twice for the same wish", () => {
    const { slow, said } = openSlow();
    const { keeper } = open(openMemory(), slow);
    keeper.take(withPlugins(10, plugin("a")), noRetry);
    keeper.take(withPlugins(20, plugin("a")), { retryFailed: true });
    expect(said).toEqual(["a 1"]);
  });
  it("is stopped when something else is wanted, which begins once it has ended, and only the last wish does", async () => {
    const { slow, said, end } = openSlow();
    const { keeper, told } = open(openMemory(), slow);
    for (const sign of ["1", "2", "3"]) keeper.take(withPlugins(10, plugin("a", sign)), noRetry);
    expect(said).toEqual(["a 1", "a 1 stopped"]);
    end(0);
    await turn();
    expect(said.slice(2)).toEqual(["a 1 ended", "a 3"]);
    expect(told).toEqual([]);
    end(1);
    await turn();
    expect(statesOf(keeper.report())).toMatchObject({ "plugins/a": "reached" });
  });
  it("goes back to what held before, where that is wanted again", async () => {
    const { slow, said, end } = openSlow();
    const { keeper } = open(openMemory(), slow);
    keeper.take(withPlugins(10, plugin("a", "1")), noRetry);
    end(0);
    await turn();
    keeper.take(withPlugins(10, plugin("a", "2")), noRetry);
    keeper.take(withPlugins(10, plugin("a", "1")), noRetry);
    end(1);
    await turn();
    end(2);
    await turn();
    expect(said.filter((what) => what.endsWith("ended"))).toEqual([
      "a 1 ended",
      "a 2 ended",
      "a 1 ended",
    ]);
    expect(statesOf(keeper.report())).toMatchObject({ "plugins/a": "reached" });
  });
  it("is undone when it is not wanted any more", async () => {
    const { slow, said, end } = openSlow();
    const { keeper } = open(openMemory(), slow);
    keeper.take(withPlugins(10, plugin("a")), noRetry);
    keeper.take(withPlugins(10), noRetry);
    end(0);
    await turn();
    expect(said).toEqual(["a 1", "a 1 stopped", "a 1 ended", "a removed"]);
  });
  it("is begun again after a kill in the middle, or undone where it is not wanted any more", () => {
    const { slow, said } = openSlow();
    const first = open(openMemory(), slow);
    first.keeper.take(withPlugins(10, plugin("a")), noRetry);
    const second = open(first.storage, slow);
    second.keeper.restore();
    expect(said).toEqual(["a 1", "a 1"]);
  });
  it("is undone although two agents were killed: one on its way there, one before it was taken back", () => {
    const { slow, said } = openSlow();
    const first = open(openMemory(), slow);
    const of = (revision: number, ...plugins: ReturnType<typeof plugin>[]) => ({
      ...withPlugins(10, ...plugins),
      revision,
    });
    first.keeper.take(of(10), noRetry);
    first.keeper.take(of(11, plugin("a"), plugin("b")), noRetry);
    // All that the second one came to before it was killed.
    first.storage.write("target.json", JSON.stringify(of(12, plugin("b"))));
    expect(first.storage.read("applied.json")).not.toContain("plugins/");
    const third = open(first.storage, { ...slow, present: () => ["a", "b"] });
    said.length = 0;
    third.keeper.restore();
    expect(said).toEqual(["b 1", "a removed"]);
  });
  it("stays where the stored target is damaged, until the cloud brings one that does not name it", async () => {
    const { slow, said, end } = openSlow();
    const first = open(openMemory(), slow);
    first.keeper.take(withPlugins(10, plugin("a"), plugin("b")), noRetry);
    end(0);
    await turn();
    first.storage.write("target.json", "{");
    const second = open(first.storage, { ...slow, present: () => ["a", "b"] });
    said.length = 0;
    second.keeper.restore();
    expect([said, second.keeper.named("plugins")]).toEqual([[], undefined]);
    second.keeper.take(withPlugins(11, plugin("b")), noRetry);
    expect(said).toEqual(["b 1", "a removed"]);
    expect(second.keeper.named("plugins")).toMatchObject([{ key: "b" }]);
  });
  it("is applied anew when another entry that decides about it changed", async () => {
    const key = { keys: [{ key: sha, signature: null, sealed: false }] };
    const { slow, said, end } = openSlow();
    const { keeper } = open(openMemory(), slow);
    keeper.take(withPlugins(10, plugin("a")), noRetry);
    end(0);
    await turn();
    const { sections } = withPlugins(10, plugin("a"));
    const changed = { ...sections, trust: sectionOf({ "project-key": key }) };
    keeper.take({ revision: 11, sections: changed }, noRetry);
    expect(said).toEqual(["a 1", "a 1 ended", "a 1"]);
  });
});

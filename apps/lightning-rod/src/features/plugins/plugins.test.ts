import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fail, type PluginExit, type ReportRow, type TargetPlugin } from "@s4t/contract";
import { type Clock, silentLog, systemClock } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRefusing } from "../../../test/machine.ts";
import {
  createSigningKey,
  openTestRunner,
  packSigned,
  type TestPlugin,
} from "../../../test/plugin.ts";
import type { ProjectKeyPin } from "../../link/project-key.ts";
import { openPluginStore } from "../../platform/linux/plugin-store.ts";
import { createPlugins, type PluginPoint } from "./plugins.ts";

const key = createSigningKey();
const one = packSigned({ "hello.mjs": "1", "lib/more.mjs": "more" }, key);
const two = packSigned({ "hello.mjs": "22" }, key);
const worker = packSigned({ "hello.mjs": "1" }, key, { mode: "async" });
const worker2 = packSigned({ "hello.mjs": "22" }, key, { mode: "async" });
const names = new Map(
  [one, two, worker, worker2].map(({ value }, i) => [
    value.version,
    ["one", "two", "worker", "worker2"][i] ?? "",
  ]),
);

let folder: string;
/** What the target names, as it is stored before anything is done about it; undefined: it is not known. */
let target: Map<string, TargetPlugin> | undefined;
beforeEach(() => {
  target = new Map();
  folder = mkdtempSync(join(tmpdir(), "s4t-plugins-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The feature on a disk of its own, with a cloud that serves what it is given; pauses end when the test says. */
const open = ({
  disk = openRefusing(),
  pinned = { key: key.hex, sealed: false } as ProjectKeyPin | undefined,
} = {}) => {
  const runner = openTestRunner((version) => names.get(version) ?? "?");
  const rows: ReportRow[] = [];
  const blobs = new Map<string, Buffer>();
  const asked: number[] = [];
  const pauses: { delayMs: number; then: () => void }[] = [];
  const faults: { point?: PluginPoint; cutAfter?: number } = {};
  const clock: Clock = {
    ...systemClock,
    after(delayMs, then) {
      pauses.push({ delayMs, then });
      return {
        cancel: () =>
          void pauses.splice(
            pauses.findIndex((each) => each.then === then),
            1,
          ),
      };
    },
  };
  const pin = { present: pinned };
  const plugins = createPlugins({
    store: openPluginStore(folder),
    runner,
    storage: disk,
    clock,
    log: silentLog,
    random: () => 0,
    uptimeMs: () => 1,
    pinned: () => pin.present,
    named: () => target && [...target].map(([key, value]) => ({ key, hash: "", value })),
    report: (row) => rows.push(row),
    tell: (row) => rows.push(row),
    describeSeries: () => {},
    fetch: async ({ sha256, from, take, onTicket }) => {
      const blob = blobs.get(sha256);
      asked.push(from);
      if (!blob) throw fail("blob.not-found");
      onTicket();
      const end = faults.cutAfter === undefined ? blob.length : from + faults.cutAfter;
      take(blob.subarray(from, end));
      if (end < blob.length) throw fail("cloud.unreachable", { url: "", because: "cut" });
    },
    atPoint: (point) => {
      if (faults.point === point) throw new RangeError(`killed at ${point}`);
    },
  });
  const serve = ({ value, blob }: TestPlugin) => void blobs.set(value.manifest.blob.sha256, blob);
  for (const each of [one, two, worker, worker2]) serve(each);
  const apply = async (value: TargetPlugin, signal = new AbortController().signal) => {
    target?.set(value.name, value);
    return plugins.executor.apply(value, { key: value.name, signal });
  };
  const remove = async () => {
    target?.delete("hello");
    return plugins.executor.remove({ key: "hello", signal: new AbortController().signal });
  };
  const tool = async <T>(
    verb: string,
    args: object,
    signal = new AbortController().signal,
  ): Promise<T> =>
    (await plugins.dispatch
      .get(`plugins.${verb}`)
      ?.handle({ plugin: "hello", ...args } as never, { signal })) as T;
  const states = () => rows.flatMap((row) => (row.kind === "plugin" ? [row.status.state] : []));
  /** Ends the shortest pause, again and again, until what is waited for is done. */
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    done.catch(() => {});
    while (!isOver) {
      pauses.splice(0).forEach(({ then }) => {
        then();
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return done;
  };
  return {
    plugins,
    runner,
    rows,
    blobs,
    asked,
    pauses,
    faults,
    disk,
    pin,
    serve,
    apply,
    remove,
    tool,
    states,
    passing,
  };
};
type Opened = ReturnType<typeof open>;
const call = ({ tool }: Opened, parameters: object = {}) =>
  tool<{ result: unknown; version: string }>("call", { parameters, timeoutMs: 1_000 });
const versionsOnDisk = () => readdirSync(join(folder, "versions")).sort();

describe("an injected plugin", () => {
  it("lies on the disk as it was signed, and answers", async () => {
    const board = open();
    await board.apply(one.value);
    const path = join(folder, "versions", one.value.version);
    expect(readFileSync(join(path, "hello.mjs"), "utf8")).toBe("1");
    expect(readFileSync(join(path, "lib/more.mjs"), "utf8")).toBe("more");
    expect(statSync(join(path, "hello.mjs")).mode & 0o777).toBe(0o644);
    expect(await call(board, { a: 1 })).toMatchObject({
      result: { a: 1 },
      version: one.value.version,
    });
    expect(readdirSync(join(folder, "blobs"))).toEqual([]);
  });
  it("gives way to its next version once that one is ready, and leaves nothing behind", async () => {
    const board = open();
    await board.apply(one.value);
    await board.apply(two.value);
    expect(board.runner.did).toEqual(["open one", "close one", "open two"]);
    expect(versionsOnDisk()).toEqual([two.value.version]);
  });
  it("answers on while its next version cannot be had", async () => {
    const board = open();
    await board.apply(one.value);
    board.blobs.clear();
    await expect(board.apply(two.value)).rejects.toMatchObject({ code: "blob.not-found" });
    expect((await call(board)).version).toBe(one.value.version);
  });
  it("lets a call that is under way end before its next version takes over; a later call gets that one", async () => {
    const board = open();
    await board.apply(one.value);
    let end = (_: unknown): void => {};
    board.runner.answer = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    const first = call(board);
    await new Promise((resolve) => setImmediate(resolve));
    const applied = board.apply(two.value);
    await expect.poll(() => existsSync(join(folder, "versions", two.value.version))).toBe(true);
    board.runner.answer = () => "new";
    const second = call(board);
    expect(board.runner.did).toEqual(["open one"]);
    end("old");
    await applied;
    expect((await first).result).toBe("old");
    expect(await second).toMatchObject({ result: "new", version: two.value.version });
  });
  it("goes with its files and its state when it is removed", async () => {
    const board = open();
    await board.apply(one.value);
    expect(readdirSync(join(folder, "state"))).toEqual(["hello"]);
    await board.remove();
    expect([versionsOnDisk(), readdirSync(join(folder, "state"))]).toEqual([[], []]);
    await expect(call(board)).rejects.toMatchObject({ code: "plugin.not-injected" });
    const again = open({ disk: board.disk });
    again.plugins.resume();
    expect(again.runner.did).toEqual([]);
  });
  it("of a language that this board lacks is refused before a byte is fetched", async () => {
    const board = open();
    board.runner.python = null;
    const python = packSigned({ "hello.py": "" }, key, { runtime: "python" });
    await expect(board.apply(python.value)).rejects.toMatchObject({
      code: "plugin.runtime-missing",
    });
    expect(board.asked).toEqual([]);
  });
  it("is held to its schema on the board too, over the defaults and what the board keeps", async () => {
    const schema = {
      type: "object",
      properties: {
        a: { type: "integer", default: 1 },
        b: { type: "integer", default: 2 },
        c: { type: "integer" },
      },
    };
    const strict = packSigned({ "hello.mjs": "3" }, key, { parameters: schema });
    const board = open();
    board.serve(strict);
    await board.apply({ ...strict.value, parameters: { b: 20 } });
    expect((await call(board, { c: 3 })).result).toEqual({ a: 1, b: 20, c: 3 });
    await expect(call(board, { c: "x" })).rejects.toMatchObject({
      code: "plugin.parameters-invalid",
    });
  });
});

describe("what is not as it was signed", () => {
  const other = createSigningKey();
  it.each<[string, TestPlugin, string]>([
    ["another key", packSigned({ "hello.mjs": "1" }, other), "plugin.signature-invalid"],
    [
      "another key under the pinned one's name",
      {
        ...one,
        value: {
          ...packSigned({ "hello.mjs": "1", "lib/more.mjs": "more" }, other).value,
          signature: { ...packSigned({ "hello.mjs": "1" }, other).value.signature, key: key.hex },
        },
      },
      "plugin.signature-invalid",
    ],
    [
      "the signature of another version",
      { ...one, value: { ...one.value, signature: two.value.signature } },
      "plugin.signature-invalid",
    ],
    [
      "another manifest under a signed version",
      { ...one, value: { ...one.value, manifest: two.value.manifest } },
      "plugin.signature-invalid",
    ],
    [
      "more needs than were signed",
      {
        ...one,
        value: {
          ...one.value,
          manifest: {
            ...one.value.manifest,
            needs: { ...one.value.manifest.needs, children: true },
          },
        },
      },
      "plugin.signature-invalid",
    ],
    [
      "a path that clashes, signed",
      packSigned({ a: "1", "a/b": "2" }, key),
      "plugin.manifest-invalid",
    ],
  ])("is refused before a byte is fetched: %s", async (_, { value }, code) => {
    const board = open();
    await expect(board.apply(value)).rejects.toMatchObject({ code });
    expect([board.asked, board.runner.did]).toEqual([[], []]);
  });
  it("is refused where the board has pinned no key at all", async () => {
    const board = open({ pinned: undefined });
    board.pin.present = undefined;
    await expect(board.apply(one.value)).rejects.toMatchObject({
      code: "plugin.signature-invalid",
    });
  });
  it.each<[string, (blob: Buffer) => Buffer]>([
    [
      "one byte is another",
      (blob) =>
        Buffer.concat([
          blob.subarray(0, 20),
          Buffer.from([(blob[20] ?? 0) ^ 1]),
          blob.subarray(21),
        ]),
    ],
    ["there is more", (blob) => Buffer.concat([blob, Buffer.alloc(10)])],
    ["other files are packed", () => gzipSync("2more")],
  ])("is not unpacked: %s", async (_, alter) => {
    const board = open();
    board.blobs.set(one.value.manifest.blob.sha256, alter(one.blob));
    await expect(board.passing(board.apply(one.value))).rejects.toMatchObject({
      code: "plugin.damaged",
    });
    expect(board.runner.did).toEqual([]);
    expect(readdirSync(join(folder, "blobs"))).toEqual([]);
  });
  it.each<[string, Buffer, RegExp]>([
    [
      "is a bomb",
      gzipSync(Buffer.concat([Buffer.from("1more"), Buffer.alloc(50_000_000)])),
      /larger/,
    ],
    ["ends too early", gzipSync("1"), /smaller/],
    ["has a file of another content", gzipSync("2more"), /hello.mjs is another/],
    ["is no gzip", Buffer.from("not at all, but long enough"), /cannot be unpacked/],
  ])("is not run, although its blob was signed: it %s", async (_, blob, because) => {
    const files = one.value.manifest.files;
    const lying = packSigned({ "hello.mjs": "" }, key, {
      files,
      blob: { sha256: sha256Hex(blob), bytes: blob.length },
    });
    const board = open();
    board.serve({ ...lying, blob });
    await expect(board.apply(lying.value)).rejects.toThrow(because);
    expect([versionsOnDisk(), board.runner.did]).toEqual([[], []]);
  });
  it("stops running where the project has another key, and runs again once it is signed with that", async () => {
    const board = open();
    await board.apply(one.value);
    board.pin.present = { key: other.hex, sealed: true };
    await expect(board.apply(one.value)).rejects.toMatchObject({
      code: "plugin.signature-invalid",
    });
    expect(board.runner.did).toEqual(["open one", "close one"]);
    await expect(call(board)).rejects.toMatchObject({ code: "plugin.not-ready" });
    const signed = packSigned({ "hello.mjs": "1", "lib/more.mjs": "more" }, other);
    await board.apply(signed.value);
    expect(board.runner.did).toEqual(["open one", "close one", "open one"]);
  });
  it("does not come back at a restart, although it ran before", async () => {
    const board = open();
    await board.apply(one.value);
    const again = open({ disk: board.disk, pinned: { key: other.hex, sealed: true } });
    again.plugins.resume();
    expect(again.runner.did).toEqual([]);
  });
  it("cannot be led out of its folder by a link that lies there", async () => {
    const outside = mkdtempSync(join(tmpdir(), "s4t-outside-"));
    const board = open();
    await board.apply(two.value);
    symlinkSync(outside, join(folder, "versions", `${one.value.version}.new`));
    await board.apply(one.value);
    expect(readdirSync(outside)).toEqual([]);
    rmSync(outside, { recursive: true });
  });
});

describe("a download", () => {
  const large = packSigned(
    {
      "hello.mjs": Buffer.from(
        Array.from({ length: 5_000 }, (_, i) => (i * i * 7 + (i >> 3)) % 256),
      ),
    },
    key,
  );
  it("that is cut goes on where it ended", async () => {
    const board = open();
    board.serve(large);
    board.faults.cutAfter = 700;
    await board.passing(board.apply(large.value));
    expect(board.asked).toEqual(board.asked.map((_, i) => i * 700));
    expect(board.asked.length).toBeGreaterThan(2);
  });
  it("that brings nothing is given up after some tries, and goes on from there the next time", async () => {
    const board = open();
    board.serve(large);
    board.faults.point = "ticket";
    await expect(board.apply(large.value)).rejects.toThrow("killed at ticket");
    delete board.faults.point;
    board.faults.cutAfter = 0;
    await expect(board.passing(board.apply(large.value))).rejects.toMatchObject({
      code: "cloud.unreachable",
    });
    expect(board.asked.length).toBeLessThan(12);
    delete board.faults.cutAfter;
    await board.apply(large.value);
    expect(versionsOnDisk()).toEqual([large.value.version]);
  });
  it("ends when something else is wanted", async () => {
    const board = open();
    board.serve(large);
    board.faults.cutAfter = 0;
    const stop = new AbortController();
    const applied = board.apply(large.value, stop.signal);
    await expect.poll(() => board.pauses.length).toBe(1);
    stop.abort(fail("request.canceled"));
    await expect(applied).rejects.toMatchObject({ code: "request.canceled" });
  });
  it("of one plugin is not swept away by the end of another's", async () => {
    const board = open();
    board.serve(large);
    board.faults.cutAfter = 700;
    const slow = board.apply(large.value);
    await expect.poll(() => board.pauses.length).toBe(1);
    delete board.faults.cutAfter;
    const other = packSigned({ "other.mjs": "1" }, key, { name: "other" });
    board.serve(other);
    await board.apply(other.value);
    await board.passing(slow);
    expect(board.asked).toEqual([0, 0, 700]);
  });
  it("that failed by half is not swept away either while the target names it, and is once it does not", async () => {
    const board = open();
    board.serve(large);
    board.faults.cutAfter = 700;
    const stop = new AbortController();
    const failing = board.apply(large.value, stop.signal);
    await expect.poll(() => board.pauses.length).toBe(1);
    stop.abort(fail("request.canceled"));
    await expect(failing).rejects.toMatchObject({ code: "request.canceled" });
    delete board.faults.cutAfter;
    const other = packSigned({ "other.mjs": "1" }, key, { name: "other" });
    board.serve(other);
    await board.apply(other.value);
    await board.apply(large.value);
    expect(board.asked).toEqual([0, 0, 700]);
    writeFileSync(join(folder, "blobs", `${large.value.manifest.blob.sha256}.part`), "half");
    await board.remove();
    expect(readdirSync(join(folder, "blobs"))).toEqual([]);
  });
});

/** What is done when each point is come to: a new point is one more kill. */
const killedIn = {
  ticket: "inject",
  downloaded: "inject",
  unpacked: "inject",
  renamed: "inject",
  "old-stopped": "inject",
  noted: "inject",
  starting: "start",
  started: "start",
  stopping: "stop",
  stopped: "stop",
  removing: "remove",
  "removal-stopped": "remove",
  "removal-noted": "remove",
  "removal-swept": "remove",
} as const satisfies Record<PluginPoint, string>;
const pointsOf = (verb: (typeof killedIn)[PluginPoint]): PluginPoint[] =>
  (Object.keys(killedIn) as PluginPoint[]).filter((point) => killedIn[point] === verb);

describe("an injection that is killed", () => {
  it.each(pointsOf("inject"))(
    "at the step “%s” is wholly old after it, without a cloud, and wholly new with one",
    async (point) => {
      const before = open();
      await before.apply(one.value);
      before.faults.point = point;
      await expect(before.apply(two.value)).rejects.toThrow(`killed at ${point}`);
      // What a process that died there would have left on its disk: its memory is gone.
      const after = open({ disk: before.disk });
      if (point === "noted")
        before.disk.write("plugins.json", JSON.stringify({ hello: two.value }));
      after.plugins.resume();
      const expected = point === "noted" ? two : one;
      expect((await call(after)).version).toBe(expected.value.version);
      await after.passing(Promise.resolve(after.apply(two.value)));
      expect((await call(after)).version).toBe(two.value.version);
      expect(versionsOnDisk()).toEqual([two.value.version]);
      expect(after.runner.did.filter((what) => what === "open two")).toHaveLength(1);
    },
  );
});

describe("an asynchronous plugin whose agent is killed", () => {
  it.each([...pointsOf("start"), ...pointsOf("stop")])(
    "at the step “%s” runs once after it where it is to run on boot, and else not at all",
    async (point) => {
      for (const onBoot of [true, false]) {
        const before = open();
        const value = { ...worker.value, onBoot };
        await before.apply(value);
        const [first, second] = onBoot ? ["stop", "start"] : ["start", "stop"];
        before.faults.point = point;
        const doing = async () => {
          await before.tool(first as string, {});
          await before.tool(second as string, {});
        };
        await expect(doing()).rejects.toThrow(`killed at ${point}`);
        const after = open({ disk: before.disk });
        after.plugins.resume();
        await after.apply(value);
        expect(after.runner.did).toEqual(["open worker", ...(onBoot ? ["start worker {}"] : [])]);
      }
    },
  );
  it.each(pointsOf("remove"))(
    "at the step “%s” of its removal is not run again, is wholly there or wholly gone, and then gone",
    async (point) => {
      const before = open();
      await before.apply({ ...worker.value, onBoot: true });
      before.faults.point = point;
      await expect(before.remove()).rejects.toThrow(`killed at ${point}`);
      const isRunning = point === "removing";
      expect(before.runner.did.filter((what) => what === "stop worker")).toHaveLength(
        isRunning ? 0 : 1,
      );
      const isThere = point === "removing" || point === "removal-stopped";
      const after = open({ disk: before.disk });
      after.plugins.resume();
      after.plugins.sweep();
      expect(versionsOnDisk()).toEqual(isThere ? [worker.value.version] : []);
      expect(after.plugins.executor.present?.()).toEqual(isThere ? ["hello"] : []);
      await after.remove();
      expect(after.runner.did).toEqual([]);
      expect(versionsOnDisk()).toEqual([]);
      const later = open({ disk: before.disk });
      later.plugins.resume();
      expect(later.runner.did).toEqual([]);
    },
  );
});

describe("notes on plugins that are damaged", () => {
  it("cost nothing of what the target names, also where it cannot be had now", async () => {
    const board = open();
    const other = packSigned({ "hello.mjs": "3" }, key, { name: "other", runtime: "python" });
    board.serve(other);
    await board.apply(one.value);
    await board.apply(other.value);
    board.disk.write("plugins.json", "{");
    const after = open({ disk: board.disk });
    after.runner.python = null;
    await expect(after.apply(other.value)).rejects.toMatchObject({
      code: "plugin.runtime-missing",
    });
    await after.apply(one.value);
    expect(versionsOnDisk()).toEqual([one.value.version, other.value.version].sort());
    expect(readdirSync(join(folder, "state")).sort()).toEqual(["hello", "other"]);
  });
  it("or a target that is: nothing is removed until there is one", async () => {
    const board = open();
    await board.apply(one.value);
    board.disk.write("plugins.json", "{");
    const wanted = target;
    target = undefined;
    const after = open({ disk: board.disk });
    after.plugins.resume();
    after.plugins.sweep();
    expect([versionsOnDisk(), readdirSync(join(folder, "state"))]).toEqual([
      [one.value.version],
      ["hello"],
    ]);
    target = wanted;
    await after.remove();
    expect([versionsOnDisk(), readdirSync(join(folder, "state"))]).toEqual([[], []]);
  });
});

/** A user without rights, by Debian's number. */
const NOBODY = 65_534;

describe("a disk that refuses", () => {
  it("is told as such, and the old version goes on", async () => {
    const board = open();
    await board.apply(one.value);
    board.disk.refuses = true;
    await expect(board.apply(two.value)).rejects.toMatchObject({ code: "board.storage" });
    expect((await call(board)).version).toBe(one.value.version);
    board.disk.refuses = false;
    await board.apply(two.value);
    expect((await call(board)).version).toBe(two.value.version);
  });
  it("read-only: told as such", async () => {
    const board = open();
    chmodSync(folder, 0o555);
    // To root every folder is writable: it is somebody else meanwhile.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      await expect(board.apply(one.value)).rejects.toMatchObject({ code: "board.storage" });
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o700);
    }
  });
  it("has a file where a folder should be: told as such", async () => {
    const board = open();
    writeFileSync(join(folder, "versions"), "");
    await expect(board.apply(one.value)).rejects.toMatchObject({ code: "board.storage" });
  });
});

describe("an asynchronous plugin", () => {
  const crashed: PluginExit = { reason: "crashed", code: 1, signal: null, atMs: 5 };
  it("starts with what is given over what is kept, stops, and says how it is", async () => {
    const board = open();
    await board.apply({ ...worker.value, parameters: { every: 5 } });
    await board.tool("start", { parameters: { to: "x" } });
    expect(await board.tool("status", {})).toMatchObject({ state: "running", pid: 7 });
    await expect(board.tool("start", {})).rejects.toMatchObject({ code: "plugin.running" });
    expect(await board.tool("stop", {})).toMatchObject({
      state: "ready",
      exit: { reason: "stopped" },
    });
    expect(await board.tool("stop", {})).toMatchObject({ state: "ready" });
    expect(board.runner.did).toEqual([
      "open worker",
      'start worker {"every":5,"to":"x"}',
      "stop worker",
    ]);
    expect(board.states()).toEqual(["ready", "running", "stopping", "ready"]);
    await expect(call(board)).rejects.toMatchObject({ code: "plugin.wrong-mode" });
  });
  it("with on-boot starts when it is injected and with the agent, and only then", async () => {
    const board = open();
    await board.apply({ ...worker.value, onBoot: true });
    expect(board.runner.did).toEqual(["open worker", "prepare worker", "start worker {}"]);
    const again = open({ disk: board.disk });
    again.plugins.resume();
    await again.apply({ ...worker.value, onBoot: true });
    expect(again.runner.did).toEqual(["open worker", "start worker {}"]);
    await again.apply(worker.value);
    const third = open({ disk: board.disk });
    third.plugins.resume();
    await third.apply(worker.value);
    expect(third.runner.did).toEqual(["open worker"]);
  });
  it("that ran runs on as its next version", async () => {
    const board = open();
    await board.apply(worker.value);
    await board.tool("start", { parameters: { a: 1 } });
    await board.apply(worker2.value);
    expect(board.runner.did).toEqual([
      "open worker",
      'start worker {"a":1}',
      "open worker2",
      "prepare worker2",
      "stop worker",
      "close worker",
      'start worker2 {"a":1}',
    ]);
  });
  it("takes other parameters of its board by a restart, and nothing else by one", async () => {
    const board = open();
    await board.apply({ ...worker.value, onBoot: true });
    await board.apply({ ...worker.value, onBoot: true, restart: "on-failure" });
    expect(board.runner.did).toHaveLength(3);
    await board.apply({ ...worker.value, onBoot: true, parameters: { a: 2 } });
    expect(board.runner.did.slice(3)).toEqual(["stop worker", 'start worker {"a":2}']);
  });
  it("that crashes starts again after ever longer pauses, where that is wanted, until it is stopped", async () => {
    const board = open();
    await board.apply({ ...worker.value, restart: "on-failure" });
    await board.tool("start", {});
    const waited: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      board.runner.opened?.onExit(crashed);
      const [pause] = board.pauses.splice(0);
      waited.push(pause?.delayMs ?? 0);
      pause?.then();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(waited).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((s) => s * 1_000));
    expect(await board.tool("status", {})).toMatchObject({ state: "running", restarts: 12 });
    board.runner.opened?.onExit(crashed);
    expect(await board.tool("stop", {})).toMatchObject({
      state: "ready",
      exit: { reason: "crashed" },
    });
    expect(board.pauses).toEqual([]);
  });
  it("that crashes stays so where nothing else is wanted; that finishes is ready", async () => {
    const board = open();
    await board.apply(worker.value);
    await board.tool("start", {});
    board.runner.opened?.onExit(crashed);
    expect([board.pauses, await board.tool("status", {})]).toMatchObject([
      [],
      { state: "failed", exit: crashed },
    ]);
    await board.tool("start", {});
    board.runner.opened?.onExit({ ...crashed, reason: "finished", code: 0 });
    expect(await board.tool("status", {})).toMatchObject({
      state: "ready",
      exit: { reason: "finished" },
    });
  });
});

describe("what a plugin writes and measures", () => {
  it("is kept, the last lines of it, and told in batches while somebody follows", async () => {
    const board = open();
    await board.apply(one.value);
    for (let i = 0; i < 1_100; i += 1) board.runner.opened?.onLine({ level: "out", text: `${i}` });
    const { lines, dropped } = await board.tool<{
      lines: { text: string; seq: number }[];
      dropped: number;
    }>("lines", { count: 3 });
    expect([lines.map(({ text, seq }) => [text, seq]), dropped]).toEqual([
      [
        ["1097", 1_097],
        ["1098", 1_098],
        ["1099", 1_099],
      ],
      100,
    ]);
    expect(board.rows.filter(({ kind }) => kind === "lines")).toEqual([]);
    await board.tool("follow", { leaseS: 60 });
    for (let i = 0; i < 249; i += 1) board.runner.opened?.onLine({ level: "info", text: "x" });
    board.pauses.splice(0).forEach(({ then }) => {
      then();
    });
    const told = board.rows.filter((row) => row.kind === "lines");
    expect(told.map((row) => [row.lines.length, row.dropped])).toEqual([
      [100, 0],
      [100, 0],
      [50, 0],
    ]);
    await board.tool("follow", { leaseS: 0 });
    board.pauses.splice(0).forEach(({ then }) => {
      then();
    });
    board.runner.opened?.onLine({ level: "info", text: "y" });
    expect([board.pauses, board.rows.filter(({ kind }) => kind === "lines").length]).toEqual([
      [],
      3,
    ]);
  });
  it("becomes series of the board, bounded in number and pace", async () => {
    const board = open();
    await board.apply(one.value);
    board.runner.opened?.onEmit("load", 1, "1");
    board.runner.opened?.onEmit("heat", 40, "Cel");
    for (let i = 0; i < 100; i += 1) board.runner.opened?.onEmit("load", i, "1");
    for (let i = 0; i < 100; i += 1) board.runner.opened?.onEmit(`s${i}`, i, "1");
    board.runner.opened?.onEmit("No Name", 1, "1");
    board.runner.opened?.onEmit("none", Number.NaN, "1");
    board.pauses.splice(0).forEach(({ then }) => {
      then();
    });
    const points = board.rows.flatMap((row) => (row.kind === "points" ? [row.values] : []));
    expect(points[0]).toMatchObject({ "plugin.hello.load": 1, "plugin.hello.heat": 40 });
    expect([points.length, Object.keys(board.plugins.series()).length]).toEqual([20, 32]);
    const { lines } = await board.tool<{ lines: { level: string; text: string }[] }>("lines", {
      count: 100,
    });
    expect(lines.map(({ text }) => text.replace(/.*: /, ""))).toEqual([
      "too many values a second",
      "a plugin has at most 32 series",
      "its name is not one of lower-case letters, digits, . _ -",
      "its value is no number",
    ]);
  });
});

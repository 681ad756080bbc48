// The runtime over real processes, with whatever this machine has to hold them; each level by itself is the real lane's.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPluginLimits, defaultPluginNeeds } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testAbuses } from "../../../../test/abuse-tests.ts";
import { allProcessesOf } from "../../../../test/processes-left.ts";
import { levels, openTestMachine, type TestMachine } from "../../../../test/runtime.ts";
import { PLUGIN_NICE } from "../../../platform/linux/plugins/command.ts";
import { findProgram } from "../../../platform/linux/plugins/probe.ts";
import { openPluginProcesses } from "../../../platform/linux/plugins/processes.ts";
import { STOP_GRACE_MS } from "./instance.ts";
import { createRuntime } from "./runtime.ts";
import { SPARE_AFTER_MS } from "./spares.ts";

let machine: TestMachine;
beforeAll(async () => {
  machine = await openTestMachine();
});
afterAll(() => machine.close());

it("a call waits until it is known what can hold a plugin, and a caller who does not is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-runtime-"));
  const processes = openPluginProcesses({ top: folder, folder: join(folder, "hosts") });
  const runner = createRuntime({
    processes,
    clock: systemClock,
    board: () => ({ uuid: "0b0a", name: "lamp-7" }),
  });
  const [code, state] = [join(folder, "versions/1"), join(folder, "states/early")];
  for (const path of [code, state]) mkdirSync(path, { recursive: true });
  writeFileSync(join(code, "main.mjs"), "export default async () => 7;");
  const instance = runner.open({
    ...{ key: "early", version: "1", folder: code, stateFolder: state },
    manifest: {
      ...{ format: 1, name: "early", runtime: "node", entry: "main.mjs", mode: "sync" },
      ...{ parameters: null, limits: defaultPluginLimits, needs: defaultPluginNeeds },
      ...{ isolated: false, files: [], blob: { sha256: "", bytes: 1 } },
    },
    ...{ onLine: () => {}, onEmit: () => {}, onExit: () => {} },
  });
  const { signal } = new AbortController();
  try {
    expect(runner.describe()).toBeUndefined();
    await expect(instance.call({}, { signal, timeoutMs: 100 })).rejects.toMatchObject({
      code: "plugin.timed-out",
    });
    const called = instance.call({}, { signal, timeoutMs: 20_000 });
    await runner.look();
    expect(runner.describe()?.isolation.level).toBeDefined();
    expect(await called).toBe(7);
  } finally {
    await instance.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it("where nothing sets limits the board says so, and its plugins run all the same", async () => {
  const bare = await openTestMachine(levels.limits, (name) =>
    name === "prlimit" ? undefined : findProgram(name),
  );
  try {
    expect(bare.isolation).toMatchObject({ level: "none", limits: "none" });
    const opened = bare.open("python", "def main(p, ctx):\n    return 7\n");
    expect(await opened.call()).toBe(7);
  } finally {
    await bare.close();
  }
});

const sources = {
  node: {
    echo: `export default async (params, ctx) => {
      console.log("on the way");
      ctx.log.info("called", params);
      ctx.emit("load", 0.5, "1");
      ctx.state.set("calls", (ctx.state.get("calls") ?? 0) + 1);
      return { params, calls: ctx.state.get("calls"), board: ctx.board, pid: process.pid };
    };`,
    forever: `export default async (params, { signal, log }) => {
      log.info("begun");
      await new Promise((resolve) => {
        const turn = setInterval(() => {}, 1000);
        signal.addEventListener("abort", () => { clearInterval(turn); resolve(); });
      });
      log.info("in order");
    };`,
    deaf: `export default async (params, { log }) => {
      for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(name, () => {});
      log.info("begun");
      for (;;);
    };`,
    nice: `import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
export default async () => {
  let refused = "nothing";
  try { setPriority(constants.priority.PRIORITY_NORMAL); } catch (error) { refused = error.info.code; }
  return { refused, child: execFileSync("/bin/sh", ["-c", "cat /proc/self/stat"], { encoding: "utf8" }) };
};`,
    waits: `console.log("read");\nexport default async () => 7;`,
  },
  python: {
    echo: `
import os

def main(params, ctx):
    print("on the way")
    ctx.log.info("called", params)
    ctx.emit("load", 0.5, "1")
    ctx.state.set("calls", (ctx.state.get("calls") or 0) + 1)
    board = {"uuid": ctx.board.uuid, "name": ctx.board.name}
    return {"params": params, "calls": ctx.state.get("calls"), "board": board, "pid": os.getpid()}
`,
    forever: `
def main(params, ctx):
    ctx.log.info("begun")
    while not ctx.stopping.wait(1):
        pass
    ctx.log.info("in order")
`,
    deaf: `
import signal
def main(params, ctx):
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    ctx.log.info("begun")
    while True:
        pass
`,
    nice: `
import os, subprocess
def main(params, ctx):
    refused = "nothing"
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    except OSError as error:
        refused = "EACCES" if error.errno == 13 else error.errno
    child = subprocess.run(["/bin/sh", "-c", "cat /proc/self/stat"], capture_output=True, text=True)
    return {"refused": refused, "child": child.stdout}
`,
    waits: `print("read")\ndef main(params, ctx):\n    return 7\n`,
  },
} as const;

interface Echo {
  readonly params: unknown;
  readonly calls: number;
  readonly board: unknown;
  readonly pid: number;
}

const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 1_000) throw new TypeError("it did not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

for (const runtime of ["node", "python"] as const)
  describe(`a plugin in ${runtime}`, () => {
    it("is called with parameters and answers; its process stays for the next call", async () => {
      const opened = machine.open(runtime, sources[runtime].echo);
      const first = (await opened.call({ lamp: "ä" })) as Echo;
      const second = (await opened.call({ lamp: 2 })) as Echo;
      expect(first).toMatchObject({ params: { lamp: "ä" }, calls: 1 });
      expect(first.board).toEqual({ uuid: "0b0a", name: "lamp-7" });
      expect(second).toMatchObject({ params: { lamp: 2 }, calls: 2, pid: first.pid });
      await until(() => opened.lines.filter(({ level }) => level === "out").length === 2);
      expect(opened.lines).toContainEqual({ level: "out", text: "on the way" });
      expect(opened.lines.some(({ level, text }) => level === "info" && /^called/.test(text))).toBe(
        true,
      );
      expect(opened.emitted).toContainEqual({ series: "load", value: 0.5, unit: "1" });
      const { pid, memoryBytes } = opened.instance.use();
      expect(pid).toBeGreaterThan(0);
      expect(memoryBytes).toBeGreaterThan(1_000_000);
    });

    it("is given all that JSON can say, and gives it back", async () => {
      const given = {
        text: 'ä\u2028\u{1f600}"\\\n\u0001\ud800',
        numbers: [0, -0.5, 1e308, 5e-324, 2 ** 53, -12],
        rest: [null, true, false, [], {}, [[[{ deep: [1] }]]]],
        "": { ключ: " " },
      };
      const opened = machine.open(runtime, sources[runtime].echo);
      expect(((await opened.call(given)) as Echo).params).toEqual(given);
    });

    it("keeps its state over its processes, as a file that is whole", async () => {
      const opened = machine.open(runtime, sources[runtime].echo, { isolated: true });
      expect(((await opened.call()) as Echo).calls).toBe(1);
      expect(((await opened.call()) as Echo).calls).toBe(2);
      const text = readFileSync(join(opened.stateFolder, "state.json"), "utf8");
      expect(JSON.parse(text)).toEqual({ calls: 2 });
    });

    it("that is isolated has a process for each call", async () => {
      const opened = machine.open(runtime, sources[runtime].echo, { isolated: true });
      const before = opened.instance.use().pid;
      await opened.call();
      const one = opened.instance.use().pid;
      await opened.call();
      expect(before).toBeNull();
      expect(opened.instance.use().pid).not.toBe(one);
    });

    it("has a process that waits for its first call, and has read nothing of it until then", async () => {
      const opened = machine.open(runtime, sources[runtime].waits);
      await until(() => opened.instance.use().pid !== null);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const waiting = allProcessesOf(opened.stateFolder);
      expect(opened.lines).toEqual([]);
      expect(await opened.call()).toBe(7);
      expect(waiting).toContain(opened.instance.use().pid);
      expect(opened.lines.map(({ text }) => text)).toEqual(["read"]);
      await opened.instance.close();
      expect(allProcessesOf(opened.stateFolder)).toEqual([]);
    });

    it("whose waiting process was ended is called all the same, and none waits again", async () => {
      const opened = machine.open(runtime, sources[runtime].waits);
      const isThere = () => opened.instance.use().pid !== null;
      await until(isThere);
      process.kill(opened.instance.use().pid ?? 0, "SIGKILL");
      await until(() => !isThere());
      await new Promise((resolve) => setTimeout(resolve, SPARE_AFTER_MS + 300));
      expect(isThere()).toBe(false);
      expect(await opened.call()).toBe(7);
    });

    it("is closed with the process that waits for it", async () => {
      const opened = machine.open(runtime, sources[runtime].waits);
      await until(() => opened.instance.use().pid !== null);
      await opened.instance.close();
      expect(allProcessesOf(opened.stateFolder)).toEqual([]);
    });

    it("is called by one after another", async () => {
      const opened = machine.open(runtime, sources[runtime].echo);
      const answers = await Promise.all([1, 2, 3, 4].map((n) => opened.call({ n })));
      expect((answers as Echo[]).map(({ calls }) => calls)).toEqual([1, 2, 3, 4]);
    });

    it("runs until it is stopped, and may leave things in order", async () => {
      const opened = machine.open(runtime, sources[runtime].forever, { mode: "async" });
      await opened.instance.start({});
      await until(() => opened.lines.length > 0);
      await opened.instance.stop();
      expect(opened.lines.map(({ text }) => text)).toEqual(["begun", "in order"]);
      expect(opened.exits).toMatchObject([{ reason: "stopped" }]);
      expect(allProcessesOf(opened.stateFolder)).toEqual([]);
    });

    it("that hears of no stop and no signal is gone soon after; the agent and others go on, and its exit says how", async () => {
      const opened = machine.open(runtime, sources[runtime].deaf, { mode: "async" });
      const neighbour = machine.open("python", "def main(p, ctx):\n    return 1\n");
      await neighbour.call();
      await opened.instance.start({});
      await until(() => opened.lines.length > 0);
      const began = performance.now();
      let isOver = false;
      const stopping = opened.instance.stop().then(() => {
        isOver = true;
      });
      process.kill(opened.instance.use().pid ?? 0, "SIGTERM");
      let longestMs = 0;
      while (!isOver) {
        const askedMs = performance.now();
        expect(await neighbour.call()).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        longestMs = Math.max(longestMs, performance.now() - askedMs);
      }
      await stopping;
      expect(performance.now() - began).toBeLessThan(STOP_GRACE_MS + 5_000);
      expect(longestMs).toBeLessThan(2_000);
      expect(allProcessesOf(opened.stateFolder)).toEqual([]);
      expect(opened.exits).toMatchObject([
        {
          ...{ reason: "stopped", signal: "SIGKILL" },
          sentence: expect.stringContaining("did not end within 5 s after it was asked to"),
        },
      ]);
    }, 30_000);

    it("is nicer than the agent, with all that it starts, and cannot take it back", async () => {
      const niceOf = (stat: string) => Number(stat.split(") ")[1]?.split(" ")[16]);
      const opened = machine.open(runtime, sources[runtime].nice, { needs: { children: true } });
      const { refused, child } = (await opened.call()) as { refused: string; child: string };
      const own = niceOf(readFileSync("/proc/self/stat", "utf8"));
      const { pid } = opened.instance.use();
      expect(niceOf(readFileSync(`/proc/${pid}/stat`, "utf8"))).toBe(own + PLUGIN_NICE);
      expect(niceOf(child)).toBe(own + PLUGIN_NICE);
      expect(refused).toBe("EACCES");
    });

    it("is brought up before it is started, and has read nothing of it until then", async () => {
      const opened = machine.open(runtime, sources[runtime].forever, { mode: "async" });
      opened.instance.prepare();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const waiting = allProcessesOf(opened.stateFolder);
      expect(waiting.length).toBeGreaterThan(0);
      expect(opened.lines).toEqual([]);
      await opened.instance.start({});
      expect(waiting).toContain(opened.instance.use().pid);
      await until(() => opened.lines.length > 0);
      await opened.instance.stop();
      const again = machine.open(runtime, sources[runtime].forever, { mode: "async" });
      again.instance.prepare();
      await again.instance.close();
      expect(allProcessesOf(again.stateFolder)).toEqual([]);
    });

    it("hears that a call is not wanted any more", async () => {
      const opened = machine.open(runtime, sources[runtime].forever);
      const controller = new AbortController();
      const options = { signal: controller.signal, timeoutMs: 20_000 };
      const calling = opened.instance.call({}, options);
      await until(() => opened.lines.length > 0);
      controller.abort();
      await expect(calling).rejects.toMatchObject({ code: "plugin.canceled" });
      await until(() => opened.lines.length > 1);
      expect(opened.lines.at(-1)).toEqual({ level: "info", text: "in order" });
    });
  });

describe("a plugin", () => {
  it("whose caller's deadline passes while it waits is not called", async () => {
    const opened = machine.open("python", "import time\ndef main(p, c):\n    time.sleep(1)\n");
    const first = opened.call();
    await expect(opened.call({}, 50)).rejects.toMatchObject({ code: "plugin.timed-out" });
    await first;
  });

  it("takes no more calls than can be answered soon", async () => {
    const opened = machine.open("python", "import time\ndef main(p, c):\n    time.sleep(0.05)\n");
    const calls = await Promise.allSettled(Array.from({ length: 40 }, () => opened.call()));
    const refused = calls.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(7);
    expect(refused[0]).toMatchObject({ reason: { code: "plugin.busy" } });
  });

  it("that failed says where, and the next call finds a process of its own", async () => {
    const opened = machine.open(
      "python",
      "seen = []\ndef main(params, ctx):\n    seen.append(1)\n    if params.get('bad'):\n        raise KeyError('lamp')\n    return len(seen)\n",
    );
    expect(await opened.call()).toBe(1);
    expect(await opened.call()).toBe(2);
    await expect(opened.call({ bad: true })).rejects.toMatchObject({
      code: "plugin.failed",
      details: { because: "KeyError: 'lamp'", traceback: expect.stringContaining("main.py") },
    });
    expect(await opened.call()).toBe(1);
  });

  it("that is started and fails tells why, with the trace among its lines", async () => {
    const opened = machine.open("node", "export default async () => { nothing.there(); };", {
      mode: "async",
    });
    await opened.instance.start({});
    await until(() => opened.exits.length > 0);
    expect(opened.exits).toMatchObject([{ reason: "failed" }]);
    expect(opened.exits[0]?.sentence).toContain("nothing is not defined");
    expect(opened.lines.some(({ text }) => text.includes("main.mjs"))).toBe(true);
  });

  it("in Python may be a coroutine, and finds what is installed on the board", async () => {
    const opened = machine.open(
      "python",
      "import asyncio, sys\nasync def main(params, ctx):\n    await asyncio.sleep(0)\n    try:\n        import pip\n    except ImportError:\n        pass\n    return any('-packages' in p for p in sys.path)\n",
    );
    expect(await opened.call()).toBe(true);
  });

  it("in Node may be CommonJS, with files of its own beside", async () => {
    const opened = machine.open("node", "module.exports = async () => ({ cjs: true });", {
      entry: "lib/main.cjs",
    });
    expect(await opened.call()).toEqual({ cjs: true });
  });
});

describe("abuse", () => testAbuses(() => machine));

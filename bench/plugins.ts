// What a plugin costs a board: a warm call within the agent, a cold one from no process to its answer, and the memory of one that
// waits. Beside each the bare interpreter, in the same rounds: what no runtime of that language goes below. And a warm call as users
// make it, request → cloud → agent → process and back, beside a ping of the same board.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import {
  findPrograms,
  findPython,
} from "../apps/lightning-rod/src/platform/linux/plugins/probe.ts";
import {
  levels,
  type Opened,
  openTestMachine,
  type TestMachine,
} from "../apps/lightning-rod/test/runtime.ts";
import { root } from "../scripts/repository.ts";
import { startAgent, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { createTimedClient, timeEach } from "./harness/latency.ts";
import { privateMiBOf } from "./harness/machine.ts";
import { interleave, median, quantile } from "./harness/rounds.ts";

/** Calls of one round, and those before that are not counted. */
const CALLS = 1_000;
const FIRST_CALLS = 100;
/** Rounds of starts: one is quick and varies much. */
const START_ROUNDS = 15;
/** How long a process rests before its memory is read. */
const REST_MS = 2_000;

type Runtime = "node" | "python";
const sources: Readonly<Record<Runtime, string>> = {
  node: "export default async (params) => params;",
  python: "def main(params, ctx):\n    return params\n",
};
/** How long a spare process has from its start until it is called: more than an interpreter takes on a machine that is busy. */
const SPARE_READY_MS = 1_000;
const POLL_MS = 10;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const rest = () => pause(REST_MS);

/** From exec to exit. */
const bareMs = (command: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command[0] ?? "", command.slice(1), { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", () => resolve(performance.now() - began));
  });

/** Waits until a spare process is there; a machine with little memory has none. */
const untilSpare = async (opened: Opened): Promise<void> => {
  const lateMs = performance.now() + REST_MS * 2;
  while (opened.instance.use().pid === null) {
    if (performance.now() > lateMs) throw new TypeError("no process waits for its first call");
    await pause(POLL_MS);
  }
  await pause(SPARE_READY_MS);
};

const firstMs = async (
  machine: TestMachine,
  runtime: Runtime,
  hasSpare: boolean,
): Promise<number> => {
  const opened = machine.open(runtime, sources[runtime]);
  if (hasSpare) await untilSpare(opened);
  const began = performance.now();
  await opened.call({ lamp: 7 });
  const tookMs = performance.now() - began;
  await opened.instance.close();
  return tookMs;
};

const warmMs = async (machine: TestMachine, runtime: Runtime): Promise<number[]> => {
  const opened = machine.open(runtime, sources[runtime]);
  const took: number[] = [];
  // A process is replaced after a thousand calls: that is one of the thousand, as it is on a board.
  for (let n = 0; n < CALLS + FIRST_CALLS; n += 1) {
    const began = performance.now();
    await opened.call({ lamp: n });
    if (n >= FIRST_CALLS) took.push(performance.now() - began);
  }
  await opened.instance.close();
  return took;
};

const restingMiB = async (
  machine: TestMachine,
  runtime: Runtime,
  isCalled: boolean,
): Promise<number> => {
  const opened = machine.open(runtime, sources[runtime]);
  if (isCalled) await opened.call({});
  else await untilSpare(opened);
  await rest();
  const { pid } = opened.instance.use();
  const memory = privateMiBOf(pid ?? process.pid);
  await opened.instance.close();
  return memory;
};

const bareMiB = async (command: readonly string[]): Promise<number> => {
  const child: ChildProcess = spawn(command[0] ?? "", command.slice(1), { stdio: "ignore" });
  await rest();
  const memory = privateMiBOf(child.pid ?? process.pid);
  child.kill("SIGKILL");
  return memory;
};

const measureThroughRest = async (figure: ReturnType<typeof figuresOf>): Promise<void> => {
  const cloud = await startCloud();
  const agent = await startAgent(cloud, "bench-board");
  const timed = createTimedClient();
  try {
    const client = createClient({ url: cloud.url, auth: cloud.token });
    for (const runtime of ["node", "python"] as const) {
      const entry = runtime === "node" ? "main.mjs" : "main.py";
      const bytes = new TextEncoder().encode(sources[runtime]);
      const manifest = { name: runtime, runtime, mode: "sync", entry } as const;
      await createPlugin(client, await packPlugin([{ path: entry, bytes }], manifest));
      await cloud.call("PUT", `/api/boards/${agent.uuid}/plugins/${runtime}`, {});
    }
    const ask = (what: string, body: object) => () =>
      timed.ask({
        ...{ method: "POST", url: `${cloud.url}/api/boards/${agent.uuid}/${what}`, body },
        ...{ token: cloud.token, headers: { prefer: "wait=20" } },
      });
    const asked = {
      node: ask("plugins/node/call", { parameters: { lamp: 7 } }),
      python: ask("plugins/python/call", { parameters: { lamp: 7 } }),
      ping: ask("ping", {}),
    };
    await rest(); // until the board has both
    for (const plugin of ["node", "python"]) {
      const params = { uuid: agent.uuid, plugin };
      const body = { parameters: { lamp: 7 } };
      const { status, problem } = await client.injections.call({ params, body, wait: 20 });
      if (status !== "done") throw new TypeError(`${plugin}: ${problem?.sentence}`);
    }
    for (const each of Object.values(asked)) await timeEach(FIRST_CALLS, each);
    const took = await interleave({
      node: () => timeEach(CALLS, asked.node),
      python: () => timeEach(CALLS, asked.python),
      ping: () => timeEach(CALLS, asked.ping),
    });
    for (const runtime of ["node", "python"] as const)
      for (const [metric, share] of [
        ["p50", 0.5],
        ["p99", 0.99],
      ] as const) {
        const of = (rounds: readonly number[][]) =>
          median(rounds.map((round) => quantile(round, share)));
        figure({
          ...{ case: `${runtime}, warm call through REST`, metric, unit: "ms" },
          value: of(took[runtime]),
          peer: { name: "ping through REST", value: of(took.ping) },
        });
      }
  } finally {
    timed.close();
    await agent.stop();
    await cloud.stop();
  }
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("plugins", print);
  await measureThroughRest(figure);
  const python = (await findPython(findPrograms("python3"), false))?.path ?? "python3";
  const peers = join(root, "bench/peers");
  const bare: Readonly<Record<Runtime, { readonly start: string[]; readonly idle: string[] }>> = {
    node: {
      start: [process.execPath, "/dev/null"],
      idle: [process.execPath, join(peers, "idle.mjs")],
    },
    python: {
      start: [python, "-I", "-S", "-c", "0"],
      idle: [python, "-I", "-S", join(peers, "idle.py")],
    },
  };
  // Without root both are the ordinary user's: the case's name says what the machine reached.
  for (const allow of ["full", "kernel"] as const) {
    const machine = await openTestMachine(levels[allow]);
    const { level } = machine.isolation;
    try {
      for (const runtime of ["node", "python"] as const) {
        const of = `${runtime}, level ${level}`;
        const peer = (value: number) => ({ name: `bare ${runtime}`, value });
        const starts = await interleave(
          {
            spare: () => firstMs(machine, runtime, true),
            cold: () => firstMs(machine, runtime, false),
            bare: () => bareMs(bare[runtime].start),
          },
          START_ROUNDS,
        );
        for (const [metric, took] of [
          ["first call p50, spare ready", starts.spare],
          ["first call p90, spare ready", starts.spare],
          ["cold call p50", starts.cold],
        ] as const)
          figure({
            ...{ case: of, metric, unit: "ms" },
            value: quantile(took, metric.includes("p90") ? 0.9 : 0.5),
            peer: peer(median(starts.bare)),
          });
        const calls = (await warmMs(machine, runtime)).flat();
        for (const [metric, share] of [
          ["warm call p50", 0.5],
          ["warm call p99", 0.99],
        ] as const)
          figure({ case: of, metric, unit: "ms", value: quantile(calls, share) });
        const memory = await interleave(
          {
            spare: () => restingMiB(machine, runtime, false),
            plugin: () => restingMiB(machine, runtime, true),
            bare: () => bareMiB(bare[runtime].idle),
          },
          3,
        );
        for (const [metric, taken] of [
          ["private at rest", memory.plugin],
          ["private at rest, spare", memory.spare],
        ] as const)
          figure({
            ...{ case: of, metric, unit: "MiB", value: median(taken) },
            peer: peer(median(memory.bare)),
          });
      }
    } finally {
      await machine.close();
    }
  }
};

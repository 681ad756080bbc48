// How long a start takes and what an agent costs a board: the cloud on a data folder that it knows, the agent from exec to the
// WELCOME of its cloud, its memory once it is at rest, with nothing in its target and with what a board in use has there. Beside it a Node that does nothing: what no agent on Node goes below.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { root } from "../scripts/repository.ts";
import { type BenchCloud, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { privateMiBOf, residentMiBOf } from "./harness/machine.ts";
import { type ProgramOptions, startProgram } from "./harness/program.ts";
import { interleave, median } from "./harness/rounds.ts";

/** What a board in use has in its target. */
const EXPOSURES = 3;
const STOPPED_PLUGINS = 5;
/** Longest that a target may take to be reached. */
const REACH_MS = 30_000;
const POLL_MS = 200;
/** How long an agent runs before its memory is read: the start's garbage is gone by then. */
const REST_MS = 6_000;

interface Start {
  readonly tookMs: number;
  readonly residentMiB: number;
  readonly privateMiB: number;
}

const timed = async (options: ProgramOptions, restMs: number): Promise<Start> => {
  const began = performance.now();
  const program = await startProgram(options);
  const tookMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const [residentMiB, privateMiB] = [residentMiBOf(program.pid), privateMiBOf(program.pid)];
  await program.stop();
  return { tookMs, residentMiB, privateMiB };
};

const sources = {
  node: 'export default async (_params, { signal }) => {\n  await new Promise((done) => signal.addEventListener("abort", done));\n};\n',
  python: "def main(params, ctx):\n    ctx.stopping.wait()\n",
} as const;

/** What a target's entry has come to, as it is listed. */
interface Entry {
  readonly entry: { readonly state: string };
}

/** Exposes services on a board and puts plugins there that are not started; resolves when the board has all of it. */
const furnish = async (cloud: BenchCloud, board: string): Promise<void> => {
  const client = createClient({ url: cloud.url, auth: cloud.token });
  for (let n = 1; n <= EXPOSURES; n += 1) {
    await cloud.call("POST", "/api/services", { name: `web-${n}`, port: 9_000 + n });
    await cloud.call("PUT", `/api/boards/${board}/services/web-${n}`, {});
  }
  for (let n = 1; n <= STOPPED_PLUGINS; n += 1) {
    const runtime = n % 2 === 0 ? "python" : "node";
    const entry = runtime === "node" ? "main.mjs" : "main.py";
    const bytes = new TextEncoder().encode(sources[runtime]);
    const manifest = { name: `plugin-${n}`, runtime, mode: "async", entry } as const;
    await createPlugin(client, await packPlugin([{ path: entry, bytes }], manifest));
    await cloud.call("PUT", `/api/boards/${board}/plugins/plugin-${n}`, {});
  }
  const lateMs = performance.now() + REACH_MS;
  for (;;) {
    const [plugins, services] = await Promise.all(
      ["plugins", "services"].map(async (what) => {
        const path = `/api/boards/${board}/${what}`;
        const { items } = await cloud.call<{ items: Entry[] }>("GET", path);
        return items.every(({ entry }) => entry.state === "reached");
      }),
    );
    if (plugins && services) return;
    if (performance.now() > lateMs) throw new TypeError("the board did not reach its target");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("start", print);
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-"));
  const cloudFolder = join(folder, "cloud");
  const cache = { NODE_COMPILE_CACHE: join(folder, "compile-cache") };
  const agentFolder = join(folder, "agent");
  const idle: ProgramOptions = { file: join(root, "bench/peers/idle.mjs"), ready: /idle/ };
  const first = await startCloud({ folder: cloudFolder, keepFolder: true, env: cache });
  await first.stop();

  /** A whole start of the cloud, from exec to the sentence that says that it is ready. */
  const cloudStart = async (): Promise<number> => {
    const began = performance.now();
    const cloud = await startCloud({ folder: cloudFolder, keepFolder: true, env: cache });
    const tookMs = performance.now() - began;
    await cloud.stop();
    return tookMs;
  };
  try {
    const starts = await interleave({
      cloud: cloudStart,
      node: async () => (await timed(idle, 0)).tookMs,
    });
    figure({
      case: "cloud, second start",
      metric: "exec to ready and signed in",
      value: median(starts.cloud),
      unit: "ms",
      peer: { name: "idle Node", value: median(starts.node) },
    });

    const cloud = await startCloud({ folder: cloudFolder, keepFolder: true, env: cache });
    try {
      const made = await cloud.call<{
        board: { uuid: string };
        enrolment: { enrolment: string };
      }>("POST", "/api/boards", { name: `bench-${Date.now()}` });
      const agent = (...more: readonly string[]): ProgramOptions => ({
        file: join(root, "apps/lightning-rod/dist/main.js"),
        args: ["run", "--data", agentFolder, ...more],
        env: cache,
        ready: /Joined the cloud/,
      });
      await timed(agent("--enrol", made.enrolment.enrolment), 1_000);
      const samples = await interleave({
        agent: () => timed(agent(), REST_MS),
        node: () => timed(idle, REST_MS),
      });
      const program = await startProgram(agent());
      await furnish(cloud, made.board.uuid);
      await program.stop();
      const furnished = await interleave({
        agent: () => timed(agent(), REST_MS),
        node: () => timed(idle, REST_MS),
      });
      const of = (rounds: readonly Start[], what: keyof Start) =>
        median(rounds.map((round) => round[what]));
      for (const [metric, what, unit] of [
        ["exec to WELCOME", "tookMs", "ms"],
        ["RSS at rest", "residentMiB", "MiB"],
        ["private at rest", "privateMiB", "MiB"],
      ] as const)
        figure({
          case: "agent",
          metric,
          value: of(samples.agent, what),
          unit,
          peer: { name: "idle Node", value: of(samples.node, what) },
        });
      for (const [metric, what] of [
        ["RSS at rest", "residentMiB"],
        ["private at rest", "privateMiB"],
      ] as const)
        figure({
          case: `agent, ${EXPOSURES} exposures and ${STOPPED_PLUGINS} stopped plugins`,
          ...{ metric, unit: "MiB", value: of(furnished.agent, what) },
          peer: { name: "idle Node", value: of(furnished.node, what) },
        });
    } finally {
      await cloud.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

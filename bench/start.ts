// How long a start takes and what an agent costs a board: the cloud on a data folder that it knows, the agent from exec to the
// WELCOME of its cloud, its memory once it is at rest. Beside it a Node that does nothing: what no agent on Node goes below.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/repository.ts";
import { startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { privateMiBOf, residentMiBOf } from "./harness/machine.ts";
import { type ProgramOptions, startProgram } from "./harness/program.ts";
import { interleave, median } from "./harness/rounds.ts";

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
      const made = await cloud.call<{ enrolment: { enrolment: string } }>("POST", "/api/boards", {
        name: `bench-${Date.now()}`,
      });
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
    } finally {
      await cloud.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// `s4t plugin dev`: from saving a file until what was saved runs on the board, through the programs as users run them (command
// line, cloud and agent, each a process). The plugin itself says when it began, on this machine's clock.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/repository.ts";
import { type BenchCloud, startAgent, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { STOP_MS } from "./harness/program.ts";
import { median } from "./harness/rounds.ts";

/** Saves of one language, after the first, which also makes the plugin and starts following its lines. */
const SAVES = 10;
/** Somebody who writes code pauses between two saves; the board and the one who follows are at rest again. */
const PAUSE_MS = 1_500;
/** More than ten times what is wanted of a save: then it does not work at all. */
const LOST_MS = 15_000;

const sources = {
  node: (n: number) =>
    `const began = Date.now();\nexport default async (_params, { log, signal }) => {\n  log.info(\`save ${n} began \${began}\`);\n  await new Promise((done) => signal.addEventListener("abort", done));\n};\n`,
  python: (n: number) =>
    `import time\nbegan = time.time() * 1000\ndef main(params, ctx):\n    ctx.log.info(f"save ${n} began {began:.0f}")\n    ctx.stopping.wait()\n`,
} as const;
type Runtime = keyof typeof sources;

interface Save {
  /** From the save to the first line of the new code. */
  readonly runsMs: number;
  /** From the save to what it logged first, on the terminal. */
  readonly seenMs: number;
}

/** Waits for text in what a program prints. */
const watchOutput = (child: ChildProcess) => {
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      for (const look of waiting) look();
    });
  return (wanted: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new TypeError(`${wanted} was not printed:\n${text}`)),
        LOST_MS,
      );
      const look = () => {
        const found = wanted.exec(text);
        if (!found) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  clearTimeout(late);
};

const measure = async (cloud: BenchCloud, runtime: Runtime, folder: string): Promise<Save[]> => {
  const path = join(folder, runtime === "node" ? "dev.mjs" : "dev.py");
  writeFileSync(path, sources[runtime](0));
  const child = spawn(
    process.execPath,
    [
      ...[join(root, "apps/cli/dist/main.js"), "plugin", "dev", "bench-board", path],
      ...["--name", `dev-${runtime}`, "--mode", "async"],
    ],
    {
      env: { ...process.env, HOME: folder, S4T_URL: cloud.url, S4T_TOKEN: cloud.token },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const printed = watchOutput(child);
  const saves: Save[] = [];
  try {
    await printed(/save 0 began/);
    for (let n = 1; n <= SAVES; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const savedMs = Date.now();
      writeFileSync(path, sources[runtime](n));
      const [, began] = await printed(new RegExp(`save ${n} began (\\d+)`));
      saves.push({ runsMs: Number(began) - savedMs, seenMs: Date.now() - savedMs });
    }
  } finally {
    await stop(child);
  }
  return saves;
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("plugin-dev", print);
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-dev-"));
  const cloud = await startCloud();
  try {
    const agent = await startAgent(cloud, "bench-board");
    try {
      for (const runtime of ["node", "python"] as const) {
        const saves = await measure(cloud, runtime, folder);
        for (const [what, member] of [
          ["saved until it runs", "runsMs"],
          ["saved until its line is on the terminal", "seenMs"],
        ] as const) {
          const took = saves.map((save) => save[member]);
          const of = `${runtime}, ${what}`;
          figure({ case: of, metric: `median of ${SAVES}`, value: median(took), unit: "ms" });
          figure({ case: of, metric: "longest", value: Math.max(...took), unit: "ms" });
        }
      }
    } finally {
      await agent.stop();
    }
  } finally {
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

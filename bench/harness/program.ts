// Programs that a benchmark starts: the cloud, an agent, a peer. Each is its own process, so that its CPU can be counted.
import { type ChildProcess, spawn } from "node:child_process";
import { nodeSourceArguments, root } from "../../scripts/repository.ts";
import { cpuSecondsOf, residentMiBOf } from "./machine.ts";

/** How long a program gets to end by itself. */
export const STOP_MS = 8_000;
const startMs = 60_000;

export interface RunningProgram {
  readonly pid: number;
  /** What it printed up to the line that said it was ready. */
  readonly greeting: string;
  cpuSeconds(): number;
  residentMiB(): number;
  /** SIGTERM, and SIGKILL when that is not enough. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** A file of ours: TypeScript runs from its source. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
  /** Found in its output (either stream) once it is ready. */
  readonly ready: RegExp;
}

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    child.kill("SIGTERM");
  });

/** Starts one and waits until it is ready. What it printed is shown when it does not get there. */
export const startProgram = (options: ProgramOptions): Promise<RunningProgram> =>
  new Promise((resolve, reject) => {
    const source = options.file.endsWith(".ts") ? nodeSourceArguments : [];
    const child = spawn(
      process.execPath,
      [...source, ...(options.nodeArguments ?? []), options.file, ...(options.args ?? [])],
      { cwd: root, env: { ...process.env, ...options.env }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let greeting = "";
    let ready = false;
    const fail = (why: string) => {
      void stop(child);
      reject(new TypeError(`${options.file} ${why}:\n${greeting}`));
    };
    const late = setTimeout(() => fail("was not ready in time"), startMs);
    child.once("exit", (code) => {
      clearTimeout(late);
      if (!ready) fail(`ended (${code})`);
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (ready) return; // read on, so that it never waits for us
        greeting += text;
        if (!options.ready.test(greeting)) return;
        ready = true;
        clearTimeout(late);
        const pid = child.pid as number;
        resolve({
          pid,
          greeting,
          cpuSeconds: () => cpuSecondsOf(pid),
          residentMiB: () => residentMiBOf(pid),
          stop: () => stop(child),
        });
      });
  });

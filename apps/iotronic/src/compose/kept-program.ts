// A program of ours that the cloud keeps running beside itself: started again when it ends, ended with the cloud. Its standard
// input stays open for as long as the cloud lives, so that a killed cloud leaves no orphan behind.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { type Clock, createBackoff, type Log, type Part } from "@s4t/kit";

/** A program that ran for so long is started again at once; one that ends sooner, more slowly each time. */
export const PROGRAM_STEADY_MS = 30_000;
/** First pause before another start. */
export const PROGRAM_RESTART_FIRST_MS = 500;
/** Longest pause before another start. */
export const PROGRAM_RESTART_CAP_MS = 30_000;
/** How long a program gets to end by itself. */
export const PROGRAM_STOP_MS = 2_500;
/** What is kept of its last words, for the log. */
const lastWordsLength = 2_000;

export interface KeptProgramOptions {
  /** As the log calls it: "This machine's agent". */
  readonly name: string;
  /** The bundle. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Arguments of the next start. */
  readonly arguments: () => Promise<readonly string[]>;
  /** What it reads first of its standard input. */
  readonly input?: () => string;
  /** Speaks with a program that was just started. */
  readonly onStarted?: (child: ChildProcess) => Promise<void>;
}

/** Makes the part. */
export const createKeptProgram = (options: KeptProgramOptions): Part => {
  const { name, file, clock, log } = options;
  const backoff = createBackoff(
    { firstMs: PROGRAM_RESTART_FIRST_MS, capMs: PROGRAM_RESTART_CAP_MS },
    Math.random,
  );
  let child: ChildProcess | undefined;
  let timer: { cancel(): void } | undefined;
  let stopped = false;

  const later = (): void => {
    if (stopped) return;
    timer = clock.after(backoff.next(), () => {
      launch().catch((error: unknown) => {
        log.error(`${name} could not be started`, { error });
        later();
      });
    });
  };

  const launch = async (): Promise<void> => {
    const args = await options.arguments();
    if (stopped) return;
    const startedMs = clock.monotonicMs();
    const running = spawn(process.execPath, [file, ...args], {
      stdio: ["pipe", options.onStarted ? "pipe" : "ignore", "pipe"],
    });
    child = running;
    let lastWords = "";
    running.stderr?.on("data", (piece: Buffer) => {
      lastWords = (lastWords + piece.toString()).slice(-lastWordsLength);
    });
    running.stdin?.on("error", () => {}); // it ended first: told below
    running.stdin?.write(options.input?.() ?? "");
    const onEnd = (facts: Readonly<Record<string, unknown>>): void => {
      if (child !== running) return;
      child = undefined;
      if (stopped) return;
      if (clock.monotonicMs() - startedMs > PROGRAM_STEADY_MS) backoff.reset();
      log.warn(`${name} ended`, {
        ...facts,
        lastWords: lastWords.trim().split("\n").slice(-4).join("\n"),
      });
      later();
    };
    running.once("error", (error) => onEnd({ error }));
    running.once("exit", (exit, signal) => onEnd({ exit, signal }));
    await options.onStarted?.(running);
  };

  return {
    name,
    async start() {
      if (existsSync(file)) await launch();
      else log.warn(`${name} is not built`, { expected: file });
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      const running = child;
      if (!running) return;
      const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      running.kill("SIGTERM");
      const late = setTimeout(() => running.kill("SIGKILL"), PROGRAM_STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
};

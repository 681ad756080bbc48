// The command line as a user has it: `./s4t` in the checkout, and what is printed for pasting.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { root } from "../scripts/repository.ts";

/** Longest that a command is waited for unless said. */
const commandTimeoutMs = 30_000;

export interface Printed {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a shell line in the checkout, as if pasted there. */
export const paste = (
  line: string,
  env: NodeJS.ProcessEnv = {},
  input: "ignore" | "pipe" = "ignore",
): ChildProcess =>
  spawn("sh", ["-c", `exec ${line}`], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: [input, "pipe", "pipe"],
  });

/** Waits for a pasted line to end. */
export const finish = (child: ChildProcess, withinMs = commandTimeoutMs): Promise<Printed> =>
  new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      out += piece;
    });
    child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
      err += piece;
    });
    const late = setTimeout(() => child.kill("SIGKILL"), withinMs);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code, out, err });
    });
  });

/** Pastes and waits. */
export const pasteAndWait = (line: string, env: NodeJS.ProcessEnv = {}): Promise<Printed> =>
  finish(paste(line, env));

/** Whether a process of this id is there and no zombie. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Asks again and again until it is so. Throws after `withinMs`, with what was there last. */
export const until = async <T>(
  ask: () => T | Promise<T>,
  isSo: (value: T) => boolean,
  withinMs: number,
): Promise<T> => {
  const ends = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    if (performance.now() > ends)
      throw new Error(`not so within ${withinMs} ms: ${JSON.stringify(value)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Processes with this word in their command line, but for children of one of them: number, parent and command. */
export const processesOf = (word: string): string[] => {
  const found = new Map<string, { readonly parent: string; readonly command: string }>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (!command.includes(word)) continue;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      found.set(pid, { parent: /^PPid:\t(\d+)$/m.exec(status)?.[1] ?? "", command });
    } catch {
      // gone meanwhile
    }
  return [...found]
    .filter(([, { parent }]) => !found.has(parent))
    .map(([pid, { parent, command }]) => `${pid} of ${parent}: ${command}`);
};

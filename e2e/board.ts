// A second machine that becomes a board by pasting what the cloud printed; folders of its own, nothing of this machine's.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Registered } from "./agent.ts";
import type { RunningCloud } from "./program.ts";

/** The command that runs an agent in the foreground. */
export const foregroundOf = ({ commands }: Registered): string => {
  const found = commands.find(({ kind }) => kind === "foreground");
  if (!found) throw new Error(`no such command: ${JSON.stringify(commands)}`);
  return found.command;
};

/** The state of a board, in the cloud's word. */
export const stateOf = async (cloud: RunningCloud, uuid: string): Promise<string> =>
  (await cloud.call("GET", `/api/boards/${uuid}`)).body.status;

export interface Pasted {
  readonly child: ChildProcess;
  /** Everything that it printed so far. */
  said(): string;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

/** Runs a shell line on another machine: `folder` is its home, `under` what leads there (`ip netns exec board`). */
export const pasteOn = (
  folder: string,
  line: string,
  options: { readonly under?: readonly string[]; readonly path?: string } = {},
): Pasted => {
  mkdirSync(folder, { recursive: true });
  const [program = "", ...args] = [...(options.under ?? []), "/bin/sh", "-c", line];
  const child = spawn(program, args, {
    cwd: folder,
    // A group of its own: what the shell started ends with it.
    detached: true,
    env: {
      PATH: options.path ?? "/usr/bin:/bin",
      HOME: folder,
      S4T_AGENT_HOME: join(folder, "program"),
      S4T_AGENT_DATA: join(folder, "data"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      said += piece;
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    said: () => said,
    ended,
    stop() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, "SIGTERM");
      return ended;
    },
  };
};

/** Whether a board of this state is connected: one whose target it could not reach whole is, too. */
export const isThere = (state: string): boolean => state === "online" || state === "degraded";

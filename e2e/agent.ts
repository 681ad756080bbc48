// The agent as boards run it: the built program in a process of its own, on the data folder that the test gives it.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../scripts/repository.ts";
import type { RunningCloud } from "./program.ts";

/** The program that boards run. */
export const agentBundle = join(root, "apps/lightning-rod/dist/main.js");

export interface RunningAgent {
  readonly child: ChildProcess;
  /** Exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  said(): string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts an agent: `runtime` is the Node that runs it, `env` stands beside what every agent gets. */
export const startAgent = (
  folder: string,
  args: readonly string[] = [],
  runtime: string = process.execPath,
  env: NodeJS.ProcessEnv = {},
): RunningAgent => {
  const child = spawn(runtime, [agentBundle, "run", "--data", folder, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return {
    child,
    ended,
    said: () => said,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
};

/** A board that was registered, and what is shown once for it. */
export interface Registered {
  readonly uuid: string;
  readonly enrolment: string;
  /** Lines to paste on the machine that becomes it. */
  readonly commands: readonly { readonly kind: string; readonly command: string }[];
}

/** Registers a board. */
export const registerBoard = async (cloud: RunningCloud, name: string): Promise<Registered> => {
  const { status, body, text } = await cloud.call("POST", "/api/boards", { name });
  if (status !== 201) throw new Error(text);
  return { uuid: body.board.uuid, ...body.enrolment };
};

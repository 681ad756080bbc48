// The simulator as a program beside this one: handed its plan, listened to, ended.
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { check, fail, SimulationNeeds, type SimulationPlan, SimulationProgress } from "@s4t/sdk";
import { spawnHouseProgram } from "../house.ts";
import type { Fleet } from "./fleet.ts";

export interface Simulator {
  /** As it was told last. */
  progress(): SimulationProgress | undefined;
  /** Resolves when it has ended; rejects when it ends before it was asked to. */
  readonly ended: Promise<void>;
  /** Its boards say goodbye. */
  end(): void;
}

/** How it is started; tests start something else. */
const spawnSimulator = (): ChildProcess =>
  spawnHouseProgram("simulator", [], ["pipe", "pipe", "inherit"]);

/** Starts it; resolves once it has taken the plan. */
export const startSimulator = async (
  plan: SimulationPlan,
  { enrolments }: Pick<Fleet, "enrolments">,
  start: () => ChildProcess = spawnSimulator,
): Promise<Simulator> => {
  const child = start();
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw fail("internal", { reference: "simulator" });
  let isAsked = false;
  let last: SimulationProgress | undefined;
  let garble = (_: unknown): void => {};
  const ended = new Promise<void>((resolve, reject) => {
    garble = reject;
    child.once("error", reject);
    child.once("close", (code) => {
      if (isAsked || code === 0) resolve();
      else reject(fail("config.invalid", { setting: "simulator", because: `it ended (${code})` }));
    });
  });
  ended.catch(() => {}); // whoever waits is told
  stdin.on("error", () => {}); // it ended first: told by `ended`
  stdin.write(`${JSON.stringify(plan)}\n`);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) await ended;
  check(SimulationNeeds, JSON.parse(first.value ?? "null"), "simulator");
  stdin.write(`${JSON.stringify({ enrolments })}\n`);
  const listen = async (): Promise<void> => {
    for await (const line of lines) last = check(SimulationProgress, JSON.parse(line), "simulator");
  };
  // One that says what is not understood is not listened to any more: it ends, and whoever waits is told why.
  listen().catch((cause: unknown) => {
    garble(fail("config.invalid", { setting: "simulator", because: "it says nonsense" }, cause));
    stdin.end();
    child.kill();
  });
  return {
    ended,
    progress: () => last,
    end() {
      isAsked = true;
      stdin.end();
    },
  };
};

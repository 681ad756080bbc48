// Simulated boards for a benchmark: registered at its cloud, played by the simulator in a process of its own, so that what they cost
// is not counted for the cloud.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  type DropKind,
  parseEnrolment,
  type SimulationPlan,
  type SimulationProgress,
} from "../../packages/contract/src/index.ts";
import { root } from "../../scripts/repository.ts";
import type { BenchCloud } from "../harness/cloud.ts";
import { STOP_MS } from "../harness/program.ts";

/** Registrations at once. */
const registeringAtOnce = 50;

export interface RegisteredFleet {
  readonly plan: SimulationPlan;
  readonly enrolments: Readonly<Record<string, string>>;
}

export interface PlayedFleet {
  progress(): SimulationProgress | undefined;
  drop(count: number, kind: DropKind): void;
  stop(): Promise<void>;
}

interface Created {
  readonly board: { readonly uuid: string };
  readonly enrolment: { readonly enrolment: string };
}

/** Registers `count` boards. They enrol where their enrolment says: over TLS where the cloud listens beyond loopback. */
export const registerFleet = async (cloud: BenchCloud, count: number): Promise<RegisteredFleet> => {
  const enrolments: Record<string, string> = {};
  const boards: SimulationPlan["boards"] = [];
  let next = 0;
  const register = async (): Promise<void> => {
    while (next < count) {
      const seed = next;
      next += 1;
      const name = `bench-${seed}`;
      const { board, enrolment } = await cloud.call<Created>("POST", "/api/boards", { name });
      boards.push({ uuid: board.uuid, name, seed });
      enrolments[board.uuid] = enrolment.enrolment;
    }
  };
  await Promise.all(Array.from({ length: registeringAtOnce }, register));
  const { url } = parseEnrolment(Object.values(enrolments)[0] ?? "");
  return { plan: { url, boards, progress: true }, enrolments };
};

/** Plays them. */
export const playFleet = ({ plan, enrolments }: RegisteredFleet): PlayedFleet => {
  const child = spawn(process.execPath, [join(root, "apps/simulator/dist/main.js")], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let last: SimulationProgress | undefined;
  const say = (value: object) => child.stdin.write(`${JSON.stringify(value)}\n`);
  const listen = async (): Promise<void> => {
    for await (const line of createInterface({ input: child.stdout })) {
      const told = JSON.parse(line) as SimulationProgress | { enrol: string[] };
      if ("enrol" in told) say({ enrolments });
      else last = told;
    }
  };
  void listen();
  child.stdin.on("error", () => {}); // it ended first: its boards are seen to be gone
  say(plan);
  return {
    progress: () => last,
    drop: (drop, kind) => void say({ drop, kind }),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        child.once("exit", () => {
          clearTimeout(late);
          resolve();
        });
        child.stdin.end();
      }),
  };
};

// `--demo N`: N simulated boards around Messina, played by the simulator beside the cloud. They enrol and speak like any board,
// and are marked as simulated. The first N stay the same from start to start; those beyond N are retired, all of them without it.
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import {
  check,
  type ProjectId,
  type SimulationEnrolments,
  SimulationNeeds,
  type SimulationPlan,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, type Part } from "@s4t/kit";
import type { Boards } from "../modules/boards/index.ts";
import { systemActor, within } from "../policy/index.ts";
import { type DemoBoard, demoBoards } from "./demo-places.ts";
import { createKeptProgram } from "./kept-program.ts";
import { simulatorBundle } from "./place.ts";

/** Label of a simulated board of the demonstration; its value is the board's number. */
export const DEMO_LABEL = "demo";
/** Boards that are made, enrolled or retired at once: writers of one commit. */
export const DEMO_BATCH_LIMIT = 100;
const pageSize = 200;

export interface DemoOptions {
  readonly folder: string;
  readonly count: number;
  /** Address of the cloud on this machine. */
  readonly url: string;
  readonly project: ProjectId;
  readonly boards: Boards;
  readonly clock: Clock;
  readonly log: Log;
}

/** The demonstration. */
export interface Demo extends Part {
  /** How many of its boards are online now. */
  online(): Promise<number>;
}

const inBatches = async <T>(items: readonly T[], work: (item: T) => Promise<void>) => {
  for (let at = 0; at < items.length; at += DEMO_BATCH_LIMIT)
    await Promise.all(items.slice(at, at + DEMO_BATCH_LIMIT).map(work));
};

/** Simulated boards of the demonstration that are there, by number. */
const listDemo = async ({ boards, project }: Pick<DemoOptions, "boards" | "project">) => {
  const found = new Map<number, { uuid: string; name: string; connected: boolean }>();
  for (let after: string | null | undefined; after !== null; ) {
    const page = await boards.list(systemActor, within(project), {
      label: DEMO_LABEL,
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { uuid, name, labels, simulated, connectivity } of page.items)
      if (simulated)
        found.set(Number(labels[DEMO_LABEL]), { uuid, name, connected: connectivity.connected });
    after = page.next;
  }
  return found;
};

/** Makes a board of the demonstration; beside a real one that has its name it is called otherwise. */
const createOne = async (
  { boards, project }: DemoOptions,
  { name, index, location }: DemoBoard,
): Promise<{ uuid: string; name: string }> => {
  const make = (as: string) =>
    boards.create(
      systemActor,
      project,
      { name: as, location, labels: { [DEMO_LABEL]: String(index) } },
      { simulated: true },
    );
  const made = await make(name).catch((error: unknown) => {
    if (!isS4tError(error, "board.name-taken")) throw error;
    return make(`${name}-simulated`);
  });
  return made.board;
};

/** Retires those beyond the count, makes those that are missing; answers what the simulator shall play. */
const prepare = async (options: DemoOptions): Promise<SimulationPlan> => {
  const { boards, project, count, url } = options;
  const found = await listDemo(options);
  const wanted = demoBoards(count);
  const surplus = [...found].filter(([index]) => !(index < count));
  await inBatches(surplus, async ([, { uuid }]) => {
    await boards.retire(systemActor, within(project), uuid);
  });
  const plan: { uuid: string; name: string; seed: number }[] = [];
  await inBatches(wanted, async (board) => {
    const { uuid, name } = found.get(board.index) ?? (await createOne(options, board));
    plan.push({ uuid, name, seed: board.seed });
  });
  return { url, boards: plan };
};

/** Hands the plan over, and enrolments for the boards that need one. */
const instruct = async (
  child: ChildProcess,
  plan: SimulationPlan,
  { boards, project }: DemoOptions,
): Promise<void> => {
  const say = (message: SimulationPlan | SimulationEnrolments) =>
    child.stdin?.write(`${JSON.stringify(message)}\n`);
  if (!child.stdout) return;
  say(plan);
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const { enrol } = check(SimulationNeeds, JSON.parse(line), "simulator");
    const enrolments: Record<string, string> = {};
    await inBatches(enrol, async (uuid) => {
      const made = await boards.rearm(systemActor, within(project), uuid, { isHere: true });
      enrolments[uuid] = made.enrolment;
    });
    say({ enrolments });
    return; // nothing else is said there
  }
};

/** Makes the demonstration. With a count of 0 it only puts away what an earlier one left. */
export const createDemo = (options: DemoOptions): Demo => {
  const { clock, log, folder, count } = options;
  let plan: SimulationPlan = { url: options.url, boards: [] };
  const program = createKeptProgram({
    name: "The simulator",
    file: simulatorBundle,
    clock,
    log,
    arguments: async () => {
      plan = await prepare(options);
      return ["--data", folder];
    },
    onStarted: (child) => instruct(child, plan, options),
  });
  return {
    name: "demo",
    async start() {
      if (count > 0) await program.start?.();
      else await prepare(options);
    },
    stop: async () => program.stop?.(),
    async online() {
      return [...(await listDemo(options)).values()].filter(({ connected }) => connected).length;
    },
  };
};

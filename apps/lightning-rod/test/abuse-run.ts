// Tries plugins that misbehave. Beside each of them another plugin is called all the while, the agent's own loop is watched, and
// processes are counted as the kernel shows them.
import { type Abuse, abuses, FORKS_ALLOWED } from "./abuse.ts";
import { allProcessesOf } from "./processes-left.ts";
import type { Opened, TestMachine } from "./runtime.ts";

/** A neighbour that has not answered by then was hurt: a call takes some milliseconds, on a busy machine some hundred. */
const NEIGHBOUR_PATIENCE_MS = 5_000;
/** Longest that the agent's loop may stand still: its heartbeat would still be in time. */
const LOOP_PATIENCE_MS = 2_000;
/** What is told a while after a call: lines that were left out. */
const TOLD_WITHIN_MS = 5_000;
/**
 * A plugin that forks without end and has not so many was not tried. Few: where the user's processes are bounded together, a dozen of
 * them are Node's own threads, and most others are over before they are counted.
 */
const FORKS_AT_LEAST = 4;
/** Between two counts: looking at every process of the machine takes the agent's loop, too. */
const COUNT_EVERY_MS = 300;

export interface TriedAbuse {
  readonly name: string;
  /** What is not as it has to be. */
  readonly wrong: readonly string[];
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "answers";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Calls a neighbour until told to end; answers its longest call and the loop's longest stand. */
const watch = (neighbour: Opened) => {
  let isOver = false;
  let longestCallMs = 0;
  let longestStandMs = 0;
  let at = performance.now();
  const loop = setInterval(() => {
    longestStandMs = Math.max(longestStandMs, performance.now() - at - 20);
    at = performance.now();
  }, 20);
  const calling = (async () => {
    while (!isOver) {
      const began = performance.now();
      await neighbour.call({});
      longestCallMs = Math.max(longestCallMs, performance.now() - began);
      await pause(50);
    }
  })();
  return async () => {
    isOver = true;
    await calling;
    clearInterval(loop);
    return { longestCallMs, longestStandMs };
  };
};

/** Most processes of a plugin at once. */
const count = (opened: Opened) => {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, allProcessesOf(opened.stateFolder).length);
  }, COUNT_EVERY_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
};

const isAsExpected = (code: string, comes: string | RegExp): boolean =>
  typeof comes === "string" ? code === comes : comes.test(code);

/** Tries one. `others`: processes that count against the same bound and are not the plugin's. */
export const tryAbuse = async (
  machine: TestMachine,
  abuse: Abuse,
  others: () => number,
): Promise<TriedAbuse> => {
  const { name, runtime, source, options, timeoutMs, comes, wrong, isForking } = abuse;
  const neighbour = machine.open("python", "def main(params, ctx):\n    return 1\n");
  await neighbour.call({});
  const over = watch(neighbour);
  const opened = machine.open(runtime, source, options);
  const bound = FORKS_ALLOWED + others();
  const most = isForking ? count(opened) : () => FORKS_AT_LEAST;
  const began = performance.now();
  const code = await codeOf(opened.call({}, timeoutMs ?? 20_000));
  const tookMs = performance.now() - began;
  const seen = most();
  const { longestCallMs, longestStandMs } = await over();
  const wrongs = () => (wrong?.(opened, tookMs) ?? []).filter((each) => each !== false);
  for (const ends = performance.now() + TOLD_WITHIN_MS; performance.now() < ends; await pause(50))
    if (wrongs().length === 0) break;
  await opened.instance.close();
  const left = allProcessesOf(opened.stateFolder);
  await neighbour.instance.close();
  const all = [
    !isAsExpected(code, comes) && `it comes to ${code}`,
    ...wrongs(),
    seen < FORKS_AT_LEAST && `only ${seen} processes were seen`,
    seen > bound && `${seen} processes, where ${bound} are the bound`,
    longestCallMs >= NEIGHBOUR_PATIENCE_MS && `a neighbour waited ${longestCallMs} ms`,
    longestStandMs >= LOOP_PATIENCE_MS && `the agent stood ${longestStandMs} ms`,
    left.length > 0 && `${left.length} processes are left`,
  ];
  return { name, wrong: all.filter((each) => each !== false) };
};

/** Tries all, one after another. */
export const tryAbuses = async (
  machine: TestMachine,
  others: () => number,
): Promise<readonly TriedAbuse[]> => {
  const tried: TriedAbuse[] = [];
  for (const abuse of abuses) tried.push(await tryAbuse(machine, abuse, others));
  return tried;
};

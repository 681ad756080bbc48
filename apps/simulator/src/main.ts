// The simulator as a program: the plan comes in on standard input, later orders too; how it goes is told on standard output, the log
// on standard error. It ends with a signal, or when standard input does: whoever started it is gone then.
import { createInterface } from "node:readline";
import {
  check,
  exitCodeOf,
  fail,
  SimulationEnrolments,
  type SimulationNeeds,
  SimulationOrder,
  SimulationPlan,
} from "@s4t/contract";
import { createLog, isS4tError, type Log, type LogLevel, systemClock } from "@s4t/kit";
import { createSimulation, type Simulation } from "./compose.ts";
import { readSimulatorConfig } from "./config.ts";
import { openForgetful, openIdentities } from "./identities.ts";
import { createMeter, type Meter } from "./meter.ts";
import { machineNetwork } from "./network.ts";

/** How often it tells how it goes. */
export const PROGRESS_EVERY_MS = 1_000;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => stopped.abort());

/** Boards that drop on purpose are no news: where progress is told, what goes wrong with one is counted there. */
const logFrom = (floor: LogLevel): Log =>
  createLog(({ level, sentence, facts }) => {
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, msg: sentence, ...facts })}\n`,
    );
  }, floor);

// Whoever read what is told here is gone, and so are those who wanted the boards.
process.stdout.on("error", () => stopped.abort());

const say = (value: object): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

const tellProgress = (meter: Meter): void => {
  say(meter.progress());
  systemClock.after(PROGRESS_EVERY_MS, () => tellProgress(meter));
};

const takeOrders = async (lines: AsyncIterable<string>, simulation: Simulation): Promise<void> => {
  for await (const line of lines)
    simulation.order(check(SimulationOrder, JSON.parse(line), "order"));
};

const run = async (): Promise<void> => {
  const { data } = readSimulatorConfig(process.argv.slice(2));
  const input = createInterface({ input: process.stdin });
  input.once("close", () => stopped.abort());
  stopped.signal.addEventListener("abort", () => input.close());
  const lines = input[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw fail("request.malformed", { because: "standard input has ended" });
    return JSON.parse(value as string);
  };
  const plan = check(SimulationPlan, await nextLine(), "plan");
  const uuids = plan.boards.map(({ uuid }) => uuid);
  const identities = data === undefined ? openForgetful(uuids) : openIdentities(data, uuids);
  try {
    const needs: SimulationNeeds = { enrol: uuids.filter((uuid) => !identities.has(uuid)) };
    say(needs);
    const { enrolments } = check(SimulationEnrolments, await nextLine(), "enrolments");
    const meter = createMeter(systemClock);
    const simulation = createSimulation(plan, {
      ...{ clock: systemClock, identities, meter },
      log: logFrom(plan.progress ? "error" : "warn"),
      network: machineNetwork,
    });
    if (plan.progress) tellProgress(meter);
    const playing = simulation.play(enrolments, stopped.signal).finally(() => input.close());
    await Promise.all([playing, takeOrders(lines, simulation)]);
    if (plan.progress) say(meter.progress());
  } finally {
    identities.close();
  }
};

try {
  await run();
} catch (error) {
  if (!stopped.signal.aborted) {
    if (!isS4tError(error)) throw error;
    process.stderr.write(`${error.message} (${error.code})\n`);
    process.exitCode = exitCodeOf(error.code);
  }
}
// Sockets that are still saying goodbye have a moment; nothing else is waited for.
setTimeout(() => process.exit(), 300).unref();
process.stdin.destroy();

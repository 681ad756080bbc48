// The simulator as a program: the plan comes in on standard input, the log goes out on standard error. It ends with a signal, or
// when standard input does: whoever started it is gone then.
import { createInterface } from "node:readline";
import {
  check,
  exitCodeOf,
  fail,
  SimulationEnrolments,
  type SimulationNeeds,
  SimulationPlan,
} from "@s4t/contract";
import { createLog, isS4tError, systemClock } from "@s4t/kit";
import { playBoards } from "./compose.ts";
import { readSimulatorConfig } from "./config.ts";
import { openIdentities } from "./identities.ts";

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => stopped.abort());

const log = createLog(({ level, sentence, facts }) => {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, msg: sentence, ...facts })}\n`,
  );
}, "warn");

const run = async (): Promise<void> => {
  const { data } = readSimulatorConfig(process.argv.slice(2));
  const input = createInterface({ input: process.stdin });
  input.once("close", () => stopped.abort());
  const lines = input[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw fail("request.malformed", { because: "standard input has ended" });
    return JSON.parse(value as string);
  };
  const plan = check(SimulationPlan, await nextLine(), "plan");
  const identities = openIdentities(
    data,
    plan.boards.map(({ uuid }) => uuid),
  );
  try {
    const needs: SimulationNeeds = {
      enrol: plan.boards.map(({ uuid }) => uuid).filter((uuid) => !identities.has(uuid)),
    };
    process.stdout.write(`${JSON.stringify(needs)}\n`);
    const enrolments = check(SimulationEnrolments, await nextLine(), "enrolments");
    await playBoards(plan, enrolments, { clock: systemClock, log, identities }, stopped.signal);
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

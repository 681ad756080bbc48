// The simulator's talk, with a program in its place that says what the test wants.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { SimulationNeeds } from "@s4t/sdk";
import { expect, it } from "vitest";
import { startSimulator } from "./simulator.ts";

const plan = { url: "http://127.0.0.1:1", boards: [], progress: true };

it("one line of nonsense ends it, and says so to whoever waits: nothing is left unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const needs = JSON.stringify({ enrol: [] } satisfies SimulationNeeds);
  const child = spawn("sh", ["-c", 'echo "$0"; echo "no progress"; exec sleep 30', needs], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(child, "close");
  try {
    const simulator = await startSimulator(plan, { enrolments: {} }, () => child);
    await expect(simulator.ended).rejects.toMatchObject({ code: "config.invalid" });
    await gone;
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
    child.kill("SIGKILL");
  }
});

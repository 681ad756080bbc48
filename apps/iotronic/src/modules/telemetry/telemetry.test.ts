import { type BoardId, fail } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { createMetrics } from "../../http/metrics.ts";
import type { ObservationsDriver } from "../../ports/observations.ts";
import { createTelemetry, MAX_OPEN_MS } from "./telemetry.ts";

/** What becomes of a join whose store of values does this. */
const join = (open: ObservationsDriver["open"]) => {
  const clock = createManualClock();
  const telemetry = createTelemetry({
    observations: { open } as ObservationsDriver,
    ...{ clock, log: silentLog, metrics: createMetrics() },
    link: () => {
      throw new TypeError("nobody is asked");
    },
    findBoard: () => Promise.reject(new TypeError("nobody is looked up")),
  });
  let outcome = "waits";
  telemetry.measurements.open("b" as BoardId, 1).then(
    () => {
      outcome = "joins";
    },
    ({ code }) => {
      outcome = code;
    },
  );
  return { clock, outcome: () => outcome };
};

it.each<[string, ObservationsDriver["open"], string]>([
  ["takes it", () => Promise.resolve(), "joins"],
  ["is away", () => Promise.reject(fail("cloud.unavailable", { because: "x" })), "joins"],
  ["is broken", () => Promise.reject(new TypeError("a fault of ours")), "joins"],
  ["knows a later session", () => Promise.reject(fail("link.superseded")), "link.superseded"],
])("a board whose store of values %s", async (_, open, outcome) => {
  const joining = join(open);
  await expect.poll(joining.outcome).toBe(outcome);
});

it("waits so long for a store that does not answer, and no longer", async () => {
  const { clock, outcome } = join(() => new Promise(() => {}));
  clock.advance(MAX_OPEN_MS - 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(outcome()).toBe("waits");
  clock.advance(1);
  await expect.poll(outcome).toBe("joins");
});

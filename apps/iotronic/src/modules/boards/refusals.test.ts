import type { BoardId, ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { beforeEach, expect, it } from "vitest";
import { createManualClock, type ManualClock } from "../../../../../packages/kit/test/clock.ts";
import type { AuditInput } from "../../edge/facts.ts";
import {
  createRefusals,
  MAX_AUDITED_REFUSALS_PER_MINUTE,
  MAX_AUDITED_STRANGERS_PER_MINUTE,
  REFUSALS_COUNTED_MS,
  type Refusals,
} from "./refusals.ts";

const board = (name: string) => ({
  ...{ uuid: `uuid of ${name}` as BoardId, project: "p" as ProjectId },
  name,
});
const [lamp, pump] = [board("lamp"), board("pump")];

let clock: ManualClock;
let written: AuditInput[];
let refusals: Refusals;
beforeEach(() => {
  clock = createManualClock();
  written = [];
  const audit = { record: async (entry: AuditInput) => void written.push(entry) };
  refusals = createRefusals({ clock, audit, log: silentLog });
});
const often = (times: number, refuse: (time: number) => void) => {
  for (let time = 0; time < times; time += 1) refuse(time);
};
const told = () =>
  written.splice(0).map(({ status, resource, facts }) => {
    expect(status).toBe("denied");
    return [resource?.name ?? "stranger", facts?.what ?? facts?.because ?? facts?.leftOut];
  });

it("of a rude board are written a few times, and then how many were left out, once a minute", () => {
  often(1_000, () => refusals.note(lamp, "call x", "::1"));
  refusals.note(pump, "register y", "::1");
  expect(told()).toEqual([
    ...Array.from({ length: MAX_AUDITED_REFUSALS_PER_MINUTE }, () => ["lamp", "call x"]),
    ["pump", "register y"],
  ]);
  clock.advance(REFUSALS_COUNTED_MS);
  expect(told()).toEqual([["lamp", 1_000 - MAX_AUDITED_REFUSALS_PER_MINUTE]]);
  // A new minute, a new share; and nothing is said of a minute in which all was.
  refusals.note(lamp, "call z", "::1");
  clock.advance(2 * REFUSALS_COUNTED_MS);
  expect(told()).toEqual([["lamp", "call z"]]);
});

it("of strangers have one share together, and one number of what was left out", () => {
  const perAddress = MAX_AUDITED_REFUSALS_PER_MINUTE;
  often(perAddress + 3, () => refusals.note(null, "link.join as x", "10.0.0.1"));
  often(100, (time) => void refusals.noteEnrolment("used", `10.0.1.${time}`));
  expect(told()).toHaveLength(MAX_AUDITED_STRANGERS_PER_MINUTE);
  clock.advance(REFUSALS_COUNTED_MS);
  const leftOut = perAddress + 3 + 100 - MAX_AUDITED_STRANGERS_PER_MINUTE;
  expect(told()).toEqual([["stranger", leftOut]]);
});

it("that were left out are told when the cloud stops, too", async () => {
  often(MAX_AUDITED_REFUSALS_PER_MINUTE + 7, () => refusals.note(lamp, "call x", null));
  told();
  await refusals.flush();
  expect(told()).toEqual([["lamp", 7]]);
  clock.advance(10 * REFUSALS_COUNTED_MS);
  expect(told()).toEqual([]);
});

it("are cut to a length, whoever chose it", () => {
  refusals.note(lamp, `call ${"x".repeat(5_000)}`, null);
  expect(String(written[0]?.facts?.what)).toHaveLength(200);
});

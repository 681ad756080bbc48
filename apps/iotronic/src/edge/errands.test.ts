import type { BoardId } from "@s4t/contract";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import type { EndedSpan } from "../ports/traces.ts";
import { createErrands, MAX_ERRANDS } from "./errands.ts";

const asker = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const trace = { ...asker, sampled: true };
const board = "b" as BoardId;

const open = () => {
  const clock = createManualClock();
  const spans: EndedSpan[] = [];
  const errands = createErrands({ clock, tracing: { add: (span) => void spans.push(span) } });
  const names = () => spans.splice(0).map(({ name, tookMs }) => `${name} ${tookMs}`);
  return { clock, errands, names };
};

it("tells a job's waiting from its board's work, each by the cloud's own clock", () => {
  const { clock, errands, names } = open();
  errands.jobQueued("j", { board, name: "board.restart" }, trace);
  clock.advance(5_000);
  errands.jobFetched("j");
  clock.advance(700);
  errands.jobFetched("j"); // again, since its first answer was lost
  clock.advance(300);
  errands.jobEnded("j", undefined);
  expect(names()).toEqual([
    "job board.restart 6000",
    "job board.restart: wait 5000",
    "board.restart 1000",
  ]);
  errands.jobEnded("j", undefined);
  expect(names()).toEqual([]);
});

it("ends a job that nobody came for without a board's work", () => {
  const { clock, errands, names } = open();
  errands.jobQueued("j", { board, name: "board.restart" }, trace);
  clock.advance(5_000);
  errands.jobEnded("j", "command.expired");
  expect(names()).toEqual(["job board.restart 5000", "job board.restart: wait 5000"]);
});

it("settles every revision of a board's target up to the one that was reached, and no later one", () => {
  const { errands, names } = open();
  for (const revision of [4, 5, 7]) errands.targetChanged(board, revision, trace);
  errands.targetFetched(board, 5);
  errands.targetSettled(board, 6, undefined);
  expect(names().filter((name) => name.startsWith("target.apply"))).toHaveLength(2);
  expect(errands.isAwaited(board)).toBe(true);
  errands.targetSettled("other" as BoardId, 9, undefined);
  errands.targetSettled(board, 7, "target.failed");
  expect(names()).toHaveLength(2);
  expect(errands.isAwaited(board)).toBe(false);
});

it("follows so many and no more: the oldest are let go, targets and jobs alike", () => {
  const { errands, names } = open();
  errands.targetChanged(board, 1, trace);
  for (let n = 0; n < MAX_ERRANDS; n += 1)
    errands.jobQueued(`${n}`, { board: "c", name: "board.ping" }, trace);
  expect(errands.isAwaited(board)).toBe(false);
  errands.targetSettled(board, 1, undefined);
  expect(names()).toEqual([]);
  errands.jobEnded("0", undefined);
  expect(names()).toHaveLength(2);
});

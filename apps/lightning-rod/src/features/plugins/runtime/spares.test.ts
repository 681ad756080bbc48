import { fail } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSpares, type Seat, SPARE_AFTER_MS, SPARE_MS, type Spares } from "./spares.ts";

let hasRoom: boolean;
let spares: Spares;
const did: string[] = [];
const seatOf = (name: string, runtime: Seat["runtime"] = "node"): Seat => ({
  runtime,
  prepare: () => void did.push(`start ${name}`),
  release: () => void did.push(`end ${name}`),
});
/** What was done since it was asked last. */
const after = async (ms: number): Promise<string[]> => {
  await vi.advanceTimersByTimeAsync(ms);
  return did.splice(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  hasRoom = true;
  did.length = 0;
  const processes = { ready: async () => {}, hasRoom: () => hasRoom };
  spares = createSpares({ clock: systemClock, processes });
});
afterEach(() => vi.useRealTimers());

it("of several plugins the last one has a process that waits, of each language one", async () => {
  for (const name of ["a", "b"]) spares.want(seatOf(name));
  spares.want(seatOf("c", "python"));
  expect(await after(SPARE_AFTER_MS)).toEqual(["start b", "start c"]);
  spares.want(seatOf("d"));
  expect(await after(SPARE_AFTER_MS)).toEqual(["end b", "start d"]);
});

it("when it is called, the one before it gets the next", async () => {
  const [a, b] = [seatOf("a"), seatOf("b")];
  for (const seat of [a, b]) spares.want(seat);
  await after(SPARE_AFTER_MS);
  spares.taken(b);
  expect(await after(SPARE_AFTER_MS)).toEqual(["start a"]);
  spares.want(b);
  expect(await after(SPARE_AFTER_MS)).toEqual(["end a", "start b"]);
});

it("waits for an hour, and then nothing does", async () => {
  spares.want(seatOf("a"));
  await after(SPARE_AFTER_MS);
  expect(await after(SPARE_MS - SPARE_AFTER_MS - 1)).toEqual([]);
  expect(await after(1)).toEqual(["end a"]);
  expect(await after(SPARE_MS)).toEqual([]);
});

it("ends with its plugin, and is not started for one that was forgotten", async () => {
  const [a, b] = [seatOf("a"), seatOf("b", "python")];
  for (const seat of [a, b]) spares.want(seat);
  spares.forget(b);
  expect(await after(SPARE_AFTER_MS)).toEqual(["start a"]);
  spares.forget(a);
  expect(await after(SPARE_MS)).toEqual(["end a"]);
});

it("is none on a board without the memory for it", async () => {
  hasRoom = false;
  spares.want(seatOf("a"));
  expect(await after(SPARE_AFTER_MS)).toEqual([]);
});

it("is not tried again where it cannot be started", async () => {
  const prepare = vi.fn(() => {
    throw fail("plugin.network-unheld", { next: "install bubblewrap" });
  });
  spares.want({ ...seatOf("a"), prepare });
  await after(SPARE_MS);
  expect(prepare).toHaveBeenCalledTimes(1);
});

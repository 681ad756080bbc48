// A version of a plugin that is open: one process at a time, calls one after another in it. A process is given up after an error,
// after many calls and when nobody called for long; its plugin notices nothing, for what it keeps is on the disk.
import { fail, type PluginExit } from "@s4t/contract";
import { createDeadline, isS4tError, untilAborted } from "@s4t/kit";
import type { Instance } from "../runner.ts";
import { createGate } from "./gate.ts";
import { BUDGET_BYTES, createBudget } from "./output.ts";
import { isRecord } from "./record.ts";
import type { Seat, Spares } from "./spares.ts";
import { startWorker, type Worker, type WorkerEnd, type WorkerOptions } from "./worker.ts";

/** Calls that may wait for the one that runs: more would be answered long after anybody waits. */
export const MAX_WAITING_CALLS = 32;
/** Calls after which a process is replaced: what leaks slowly must not fill a board over months. */
export const CALLS_PER_PROCESS = 1_000;
/** After so long without a call a plugin's process is given up; what it holds in memory is the board's again. */
export const IDLE_MS = 300_000;
/** How long a call that is not wanted any more may take to end by itself before its process is ended. */
export const CANCEL_GRACE_MS = 1_000;
/** How long a plugin that is stopped may take to leave things in order. */
export const STOP_GRACE_MS = 5_000;
/** Longest sentence about an end. */
const MAX_SENTENCE_LENGTH = 2_000;

export interface InstanceOptions extends Omit<WorkerOptions, "onEnd" | "budget" | "isSpare"> {
  readonly spares: Spares;
}

const exitOf = (
  reason: PluginExit["reason"],
  atMs: number,
  end?: WorkerEnd,
  sentence?: string,
): PluginExit => ({
  reason,
  code: end?.code ?? null,
  signal: end?.signal ?? null,
  ...(sentence === undefined ? {} : { sentence: sentence.slice(0, MAX_SENTENCE_LENGTH) }),
  atMs,
});

const traceOf = (details: unknown): string =>
  isRecord(details) && typeof details.traceback === "string" ? details.traceback : "";

/** Opens it. No process is started before it is needed. */
export const openInstance = (options: InstanceOptions): Instance => {
  const { plugin, processes, clock, spares } = options;
  const { manifest, onLine, onExit } = plugin;
  const budget = createBudget(clock, BUDGET_BYTES);
  const ends = new WeakMap<Worker, WorkerEnd>();
  const ending = new Set<Promise<void>>();
  let current: Worker | undefined;
  let calls = 0;
  let pending = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let idle: { cancel(): void } | undefined;
  let isClosed = false;
  let stopping: AbortController | undefined;
  let running: Promise<void> | undefined;

  const startNext = (isSpare = false): Worker => {
    const started = startWorker({
      ...{ ...options, budget, isSpare },
      onEnd(end) {
        ends.set(started, end);
        if (current !== started) return;
        current = undefined;
        if (started.isSpare) spares.forget(seat);
      },
    });
    calls = 0;
    current = started;
    return started;
  };
  const giveUp = (worker: Worker): Promise<void> => {
    if (current === worker) current = undefined;
    const gone = worker.kill().finally(() => ending.delete(gone));
    ending.add(gone);
    return gone;
  };
  const seat: Seat = {
    runtime: manifest.runtime,
    prepare: () => void (current ?? startNext(true)),
    release() {
      if (current?.isSpare) void giveUp(current);
    },
  };
  const giveUpWhenIdle = (): void => {
    idle?.cancel();
    idle = clock.after(IDLE_MS, () => {
      if (pending > 0 || isClosed) return;
      if (current) void giveUp(current);
      spares.want(seat);
    });
  };
  if (manifest.mode === "sync") spares.want(seat);

  /** The next one is brought up while nobody waits for it. */
  const replace = (worker: Worker): void => {
    void giveUp(worker);
    if (!isClosed) startNext();
  };
  const perform = async (parameters: unknown, stop: AbortSignal): Promise<unknown> => {
    stop.throwIfAborted();
    if (!current) await untilAborted(processes.ready(), stop);
    spares.taken(seat);
    const worker = current?.isSound ? current : startNext();
    calls += 1;
    let wasLoaded = false;
    void worker.ready.then(
      () => {
        wasLoaded = true;
      },
      () => {},
    );
    try {
      return await worker.call(parameters, stop, CANCEL_GRACE_MS);
    } finally {
      const isUsedUp = manifest.isolated || calls >= CALLS_PER_PROCESS;
      if (wasLoaded && (isUsedUp || !worker.isSound)) replace(worker);
      giveUpWhenIdle();
    }
  };

  const call: Instance["call"] = async (parameters, { signal, timeoutMs }) => {
    if (isClosed) throw fail("plugin.not-ready", { because: "it is being closed" });
    if (pending > MAX_WAITING_CALLS) throw fail("plugin.busy", { pending: pending - 1 });
    pending += 1;
    const before = turn;
    const done = createGate();
    turn = done.passed;
    const deadline = createDeadline(clock, timeoutMs, signal);
    try {
      await untilAborted(before, deadline.signal);
      const result = await perform(parameters, deadline.signal);
      deadline.signal.throwIfAborted();
      return result;
    } catch (error) {
      if (signal.aborted) throw fail("plugin.canceled", {}, error);
      if (deadline.signal.aborted)
        throw fail("plugin.timed-out", { seconds: timeoutMs / 1_000 }, error);
      throw error;
    } finally {
      deadline[Symbol.dispose]();
      pending -= 1;
      void before.then(done.open);
    }
  };

  const live = async (worker: Worker, parameters: unknown, stop: AbortSignal): Promise<void> => {
    let exit: () => PluginExit;
    let forced: string | undefined;
    try {
      await worker.call(parameters, stop, STOP_GRACE_MS);
      exit = () => exitOf("finished", clock.now());
    } catch (error) {
      const isPlain = isS4tError(error, "plugin.failed");
      const trace = isPlain ? traceOf(error.details) : "";
      for (const text of trace.split("\n").filter(Boolean)) onLine({ level: "error", text });
      const sentence = isS4tError(error) ? error.message : "It ended.";
      forced = sentence;
      const reason = (end?: WorkerEnd) =>
        isPlain ? "failed" : end?.isMemory ? "memory" : "crashed";
      exit = () => exitOf(reason(ends.get(worker)), clock.now(), ends.get(worker), sentence);
    }
    await giveUp(worker);
    stopping = undefined;
    running = undefined;
    // One that did not end when it was told to is stopped all the same: its sentence says how.
    onExit(stop.aborted ? exitOf("stopped", clock.now(), ends.get(worker), forced) : exit());
  };

  const stop = async (): Promise<void> => {
    stopping?.abort();
    await running;
  };

  return {
    call,
    prepare() {
      if (isClosed || current || !processes.describe() || !processes.hasRoom()) return;
      try {
        startNext(true);
      } catch {
        // The start says why.
      }
    },
    async start(parameters) {
      if (isClosed) throw fail("plugin.not-ready", { because: "it is being closed" });
      if (running) throw fail("plugin.running");
      // What holds it is found out first. Whoever closes meanwhile has nothing to end.
      await processes.ready();
      if (isClosed) throw fail("plugin.not-ready", { because: "it is being closed" });
      const worker = current?.isSpare && current.isSound ? current : startNext();
      const controller = new AbortController();
      try {
        await worker.load();
      } catch (error) {
        await giveUp(worker);
        throw error;
      }
      stopping = controller;
      running = live(worker, parameters, controller.signal);
    },
    stop,
    use: () => current?.use() ?? { pid: null, memoryBytes: null, cpuMs: null },
    async close() {
      isClosed = true;
      idle?.cancel();
      spares.forget(seat);
      await stop();
      if (current) void giveUp(current);
      await Promise.all(ending);
    },
  };
};

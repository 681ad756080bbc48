// One process of a plugin: brought up, given its plugin, called, ended. It does one call at a time; who waits is the instance's
// business.
import { fail, MAX_PLUGIN_RESULT_BYTES } from "@s4t/contract";
import { type Clock, type S4tError, sleep, untilAborted } from "@s4t/kit";
import type {
  PluginProcess,
  PluginProcesses,
  ProcessEnd,
} from "../../../platform/plugin-processes.ts";
import type { OpenPlugin } from "../runner.ts";
import { createGate } from "./gate.ts";
import { createMessages, type HostMessage } from "./messages.ts";
import { type Budget, createOutput } from "./output.ts";

/** How long an interpreter and the plugin's own imports may take: a small board with a slow card needs several seconds. */
export const LOAD_TIMEOUT_MS = 30_000;
/** How long after the descriptor the process itself may take to end. */
export const DESCRIPTOR_GRACE_MS = 250;

/** Who the board is, for the plugin to read. */
export interface BoardFacts {
  readonly uuid: string;
  readonly name: string;
}

export interface WorkerOptions {
  readonly plugin: OpenPlugin;
  readonly processes: PluginProcesses;
  readonly clock: Clock;
  readonly board: () => BoardFacts;
  readonly budget: Budget;
  /** Whether it waits for its first call before it reads the plugin's code. */
  readonly isSpare: boolean;
  readonly onEnd: (end: WorkerEnd) => void;
}

export interface WorkerEnd extends ProcessEnd {
  /** Why the agent ended it, where it did. */
  readonly breach: string | undefined;
}

export interface Worker {
  /** Resolves when the plugin is loaded. */
  readonly ready: Promise<void>;
  /** Whether another call may follow. */
  readonly isSound: boolean;
  /** Whether nobody called it yet, and it has read nothing of its plugin. */
  readonly isSpare: boolean;
  /** Has the plugin's code read, and resolves then. */
  load(): Promise<void>;
  /** `graceMs`: how long it may go on after `stop`, before the process is ended. */
  call(params: unknown, stop: AbortSignal, graceMs: number): Promise<unknown>;
  use(): ReturnType<PluginProcess["use"]>;
  kill(): Promise<void>;
}

/** The error of a process that ended while somebody waited for it. */
export const crashOf = ({ code, signal, isMemory, breach }: WorkerEnd): S4tError => {
  const because = isMemory
    ? "it used more memory than its limit"
    : (breach ?? (signal ? `by signal ${signal}` : `with exit code ${code ?? "unknown"}`));
  return fail("plugin.crashed", { because, code, signal, memory: isMemory });
};

interface Waiting {
  readonly id: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const outcomeOf = (message: HostMessage): S4tError => {
  if (message.t === "failed") {
    const { because, trace } = message;
    return fail("plugin.failed", { because, traceback: trace });
  }
  if (message.t === "too-large")
    return fail("plugin.result-too-large", {
      bytes: message.bytes,
      limit: MAX_PLUGIN_RESULT_BYTES,
    });
  return fail("plugin.result-invalid", {
    because: message.t === "invalid" ? message.because : "it says nothing",
  });
};

/** V8's last words when its heap is full: it ends itself before the kernel does. */
const heapFull = /JavaScript heap out of memory|Fatal process out of memory|process out of memory/;

/** Starts one. */
export const startWorker = (options: WorkerOptions): Worker => {
  const { plugin, processes, clock, board, budget, onEnd } = options;
  const { manifest, folder, stateFolder, onLine, onEmit } = plugin;
  let waiting: Waiting | undefined;
  let end: WorkerEnd | undefined;
  let breach: string | undefined;
  let isSound = true;
  let isHeapFull = false;
  let { isSpare } = options;
  let lastId = 0;
  const confining = createGate();
  /** Somebody calls. */
  const wanted = createGate();
  const loading = createGate();

  const settle = (id: number, of: (call: Waiting) => void): void => {
    if (waiting?.id !== id) return; // of a call that was given up
    const call = waiting;
    waiting = undefined;
    of(call);
  };
  const onMessage = (message: HostMessage): void => {
    if (message.t === "log") {
      if (budget.take(message.text.length + 1))
        onLine({ level: message.level, text: message.text });
    } else if (message.t === "emit") {
      if (budget.take(message.series.length + 1))
        onEmit(message.series, message.value, message.unit);
    } else if (message.t === "ready") confining.open();
    else if (message.t === "loaded") loading.open();
    else if (message.t === "load-failed")
      loading.refuse(fail("plugin.failed", { because: message.because, traceback: message.trace }));
    else if (message.t === "result") settle(message.id, ({ resolve }) => resolve(message.result));
    else {
      // What failed may have left anything behind: the next call gets a process of its own.
      isSound = false;
      settle(message.id, ({ reject }) => reject(outcomeOf(message)));
    }
  };
  const onBreach = (because: string): void => {
    breach ??= because;
    isSound = false;
    void child.kill();
  };
  const leftOut = (count: number) =>
    onLine({ level: "warn", text: `${count} lines are left out: it wrote too much at once` });
  const outputs = {
    out: createOutput(clock, budget, (text) => onLine({ level: "out", text }), leftOut),
    err: createOutput(
      clock,
      budget,
      (text) => {
        if (heapFull.test(text)) isHeapFull = true;
        onLine({ level: "err", text });
      },
      leftOut,
    ),
  };
  const child = processes.start(
    {
      ...{ name: plugin.key, runtime: manifest.runtime, limits: manifest.limits },
      ...{ needs: manifest.needs, folder, stateFolder },
    },
    {
      onBytes: createMessages(onMessage, onBreach),
      onBytesEnd: () =>
        // A process that ends closes it too, and then its end says more.
        void clock.after(DESCRIPTOR_GRACE_MS, () => {
          if (!end) onBreach("it closed the agent's descriptor");
        }),
      onOutput: (level, bytes) => outputs[level].write(bytes),
      onEnd(ended) {
        outputs.out.end();
        outputs.err.end();
        isSound = false;
        end = { ...ended, isMemory: ended.isMemory || isHeapFull, breach };
        const crash = crashOf(end);
        for (const gate of [confining, wanted, loading]) gate.refuse(crash);
        waiting?.reject(crash);
        waiting = undefined;
        onEnd(end);
      },
    },
  );

  const bringUp = async (): Promise<void> => {
    await confining.passed;
    let rlimits: Readonly<Record<string, number>>;
    try {
      rlimits = await child.confine();
    } catch (error) {
      throw fail("plugin.not-ready", { because: "its limits cannot be set" }, error);
    }
    if (isSpare) {
      late.cancel();
      await wanted.passed;
      late = startLate();
    }
    child.send(
      JSON.stringify({
        t: "load",
        folder,
        entry: manifest.entry,
        stateFile: `${stateFolder}/state.json`,
        board: board(),
        rlimits,
      }),
    );
    await loading.passed;
  };
  const startLate = () => clock.after(LOAD_TIMEOUT_MS, () => onBreach("it was not loaded in time"));
  let late = startLate();
  const ready = bringUp().finally(() => late.cancel());
  ready.catch(() => {
    isSound = false;
    void child.kill();
  });

  const load = (): Promise<void> => {
    isSpare = false;
    wanted.open();
    return ready;
  };
  const call: Worker["call"] = async (params, stop, graceMs) => {
    await untilAborted(load(), stop);
    if (end) throw crashOf(end);
    stop.throwIfAborted();
    lastId += 1;
    const id = lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      waiting = { id, resolve, reject };
    });
    const onStop = (): void => {
      child.send(JSON.stringify({ t: "cancel", id }));
      void sleep(clock, graceMs).then(() => {
        if (waiting?.id !== id) return;
        breach ??= `it did not end within ${graceMs / 1_000} s after it was asked to`;
        void child.kill();
      });
    };
    stop.addEventListener("abort", onStop, { once: true });
    child.send(JSON.stringify({ t: "call", id, params }));
    try {
      return await answer;
    } finally {
      stop.removeEventListener("abort", onStop);
    }
  };

  return {
    ready,
    get isSound() {
      return isSound;
    },
    get isSpare() {
      return isSpare;
    },
    ...{ load, call },
    use: () => child.use(),
    kill: () => child.kill(),
  };
};

// One plugin on this board: the version that runs, how it is, and what happens to it, one thing after another. It decides when a
// version takes over and when a plugin that ended starts again; processes are the runner's.
import {
  fail,
  type PluginExit,
  type PluginState,
  type PluginStatus,
  resolveParameters,
  type TargetPlugin,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, sleep, type Timer } from "@s4t/kit";
import type { Lines } from "./lines.ts";
import type { Instance, OpenPlugin } from "./runner.ts";

/** First pause before a plugin that failed is started again. */
export const RESTART_FIRST_MS = 1_000;
/** Longest pause: a plugin that fails at once must not keep a board busy. */
export const RESTART_CAP_MS = 300_000;
/** A plugin that ran this long was well: the next pause is short again. */
export const RESTART_STEADY_MS = 60_000;
/** How long calls that are under way keep a new version waiting. */
export const TAKE_OVER_DRAIN_MS = 5_000;

/** Steps after which a kill is tried in tests. */
export type HeldPoint = "old-stopped" | "noted" | "starting" | "started" | "stopping" | "stopped";
type Given = Readonly<Record<string, unknown>>;

export interface HeldDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly lines: Lines;
  /** Opens the version; throws what keeps it from running here. */
  readonly open: (plugin: TargetPlugin, events: Pick<OpenPlugin, "onExit">) => Instance;
  /** Durable: what runs from now on. */
  readonly note: (plugin: TargetPlugin) => void;
  readonly report: (status: PluginStatus) => void;
  readonly atPoint: (point: HeldPoint) => void;
}

interface Running {
  readonly value: TargetPlugin;
  readonly instance: Instance;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export class HeldPlugin {
  readonly name: string;
  readonly #deps: HeldDependencies;
  #held: Running | undefined;
  #state: PluginState = "preparing";
  #startedAtMs: number | null = null;
  #startedMonotonicMs = 0;
  #given: Given = {};
  #restarts = 0;
  #failures = 0;
  #calls = 0;
  #exit: PluginExit | null = null;
  #again: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(name: string, deps: HeldDependencies) {
    this.name = name;
    this.#deps = deps;
  }

  /** What runs, where something does. */
  get value(): TargetPlugin | undefined {
    return this.#held?.value;
  }

  get lines(): Lines {
    return this.#deps.lines;
  }

  get #isRunning(): boolean {
    return this.#state === "running";
  }

  /** Opens what ran before the agent's start. */
  resume(value: TargetPlugin): Promise<void> {
    return this.#inTurn(async () => {
      this.#open(value);
      if (value.manifest.mode === "async" && value.onBoot) await this.#tryStart({});
    });
  }

  /** A version that is on the disk takes over; or the same one, otherwise injected. */
  takeOver(value: TargetPlugin): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#held;
      if (before && before.value.version === value.version) return this.#change(before, value);
      const wasRunning = this.#isRunning || this.#again !== undefined;
      const given = this.#given;
      const isStarted = value.manifest.mode === "async" && (value.onBoot || wasRunning);
      // Its interpreter comes up while the old one ends; of its code nothing is read before.
      const next = isStarted ? this.#make(value) : undefined;
      next?.prepare();
      if (before) await this.#end(before);
      this.#deps.atPoint("old-stopped");
      try {
        this.#deps.note(value);
        this.#deps.atPoint("noted");
        this.#open(value, next);
      } catch (error) {
        await next?.close();
        if (before) {
          this.#open(before.value);
          if (wasRunning) await this.#tryStart(given);
        }
        throw error;
      }
      if (isStarted) await this.#tryStart(wasRunning ? given : {});
    });
  }

  async #change(before: Running, value: TargetPlugin): Promise<void> {
    if (isSame(before.value, value)) return;
    this.#deps.note(value);
    this.#held = { ...before, value };
    if (value.restart === "no") this.#cancelAgain();
    if (value.manifest.mode === "sync") return;
    const isOther = !isSame(before.value.parameters, value.parameters);
    if (this.#isRunning && isOther) {
      await this.#stop(before.instance);
      await this.#tryStart(this.#given);
    } else if (!this.#isRunning && value.onBoot && !before.value.onBoot) await this.#tryStart({});
  }

  /** Ends every process and forgets the version; the plugin itself may come again. */
  withdraw(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held) await this.#end(this.#held);
      this.#setState("preparing");
    });
  }

  /** Ends every process: the agent ends, or the plugin is removed. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held) await this.#end(this.#held);
      this.#deps.lines.close();
    });
  }

  async call(
    given: Given,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<{ result: unknown; version: string; tookMs: number }> {
    const { clock } = this.#deps;
    const beganMs = clock.monotonicMs();
    // While a version takes over, a call waits for the new one.
    await this.#turn;
    const { value, instance } = this.#require("sync");
    const { manifest, version } = value;
    const parameters = resolveParameters(manifest.parameters, value.parameters, given);
    const timeoutMs = Math.min(options.timeoutMs, manifest.limits.callS * 1_000);
    this.#calls += 1;
    const calling = instance.call(parameters, { ...options, timeoutMs });
    this.#underWay.add(calling);
    try {
      return { result: await calling, version, tookMs: clock.monotonicMs() - beganMs };
    } finally {
      this.#underWay.delete(calling);
    }
  }

  start(given: Given): Promise<PluginStatus> {
    return this.#inTurn(async () => {
      this.#require("async");
      if (this.#isRunning) throw fail("plugin.running");
      this.#failures = 0;
      this.#deps.atPoint("starting");
      await this.#start(given);
      this.#deps.atPoint("started");
      return this.status();
    });
  }

  stop(): Promise<PluginStatus> {
    return this.#inTurn(async () => {
      const { instance } = this.#require("async");
      this.#deps.atPoint("stopping");
      await this.#stop(instance);
      this.#deps.atPoint("stopped");
      return this.status();
    });
  }

  restart(): Promise<PluginStatus> {
    return this.#inTurn(async () => {
      const { instance } = this.#require("async");
      await this.#stop(instance);
      this.#failures = 0;
      await this.#start(this.#given);
      return this.status();
    });
  }

  status(): PluginStatus {
    const use = this.#held?.instance.use();
    return {
      plugin: this.name,
      version: this.#require().value.version,
      state: this.#state,
      pid: use?.pid ?? null,
      startedAtMs: this.#startedAtMs,
      restarts: this.#restarts,
      calls: this.#calls,
      memoryBytes: use?.memoryBytes ?? null,
      cpuMs: use?.cpuMs ?? null,
      exit: this.#exit,
    };
  }

  #require(mode?: "sync" | "async"): Running {
    if (!this.#held) throw fail("plugin.not-ready", { because: "it is being brought here" });
    const actual = this.#held.value.manifest.mode;
    if (mode !== undefined && actual !== mode)
      throw actual === "sync"
        ? fail("plugin.wrong-mode", { mode: "synchronous", next: "call it" })
        : fail("plugin.wrong-mode", { mode: "asynchronous", next: "start it" });
    return this.#held;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #make(value: TargetPlugin): Instance {
    const instance = this.#deps.open(value, {
      onExit: (exit) => {
        if (this.#held?.instance === instance) this.#ended(exit);
      },
    });
    return instance;
  }

  #open(value: TargetPlugin, instance = this.#make(value)): void {
    this.#held = { value, instance };
    this.#restarts = 0;
    this.#failures = 0;
    this.#exit = null;
    this.#startedAtMs = null;
    this.#setState("ready");
  }

  async #end(held: Running): Promise<void> {
    const { clock } = this.#deps;
    this.#cancelAgain();
    if (this.#underWay.size > 0) {
      const over = new AbortController();
      await Promise.race([
        Promise.allSettled(this.#underWay),
        sleep(clock, TAKE_OVER_DRAIN_MS, over.signal).catch(() => {}),
      ]);
      over.abort();
    }
    if (this.#isRunning) await this.#stop(held.instance);
    await held.instance.close();
    this.#held = undefined;
  }

  async #start(given: Given): Promise<void> {
    const { value, instance } = this.#require("async");
    const { clock } = this.#deps;
    this.#cancelAgain();
    const parameters = resolveParameters(value.manifest.parameters, value.parameters, given);
    this.#given = given;
    // Before it runs: one that ends at once has ended after it started.
    this.#startedAtMs = clock.now();
    this.#startedMonotonicMs = clock.monotonicMs();
    this.#state = "running";
    try {
      await instance.start(parameters);
      if (this.#isRunning) this.#deps.report(this.status());
    } catch (error) {
      const sentence = isS4tError(error) ? error.message : "It could not be started.";
      if (this.#isRunning)
        this.#ended({ reason: "failed", code: null, signal: null, sentence, atMs: clock.now() });
      throw error;
    }
  }

  /** A start that nobody asked for: why it failed is told by the plugin's state. */
  async #tryStart(given: Given): Promise<void> {
    try {
      await this.#start(given);
    } catch (error) {
      this.#deps.log.warn("A plugin could not be started", {
        plugin: this.name,
        because: error instanceof Error ? error.message : "it failed",
      });
      if (this.#state !== "failed") this.#setState("failed");
    }
  }

  async #stop(instance: Instance): Promise<void> {
    this.#cancelAgain();
    if (!this.#isRunning) {
      if (this.#state === "failed") this.#setState("ready");
      return;
    }
    this.#setState("stopping");
    await instance.stop();
    // Where its end was told already, that was with its reason.
    if (this.#state === "stopping") this.#setState("ready");
  }

  #ended(exit: PluginExit): void {
    const { clock } = this.#deps;
    const wasStopped = this.#state === "stopping";
    this.#exit = wasStopped ? { ...exit, reason: "stopped" } : exit;
    this.#startedAtMs = null;
    const isFailure = !wasStopped && exit.reason !== "finished" && exit.reason !== "stopped";
    this.#setState(isFailure ? "failed" : "ready");
    if (!isFailure || this.#held?.value.restart !== "on-failure") return;
    if (clock.monotonicMs() - this.#startedMonotonicMs >= RESTART_STEADY_MS) this.#failures = 0;
    const pauseMs = Math.min(RESTART_CAP_MS, RESTART_FIRST_MS * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    this.#again = clock.after(pauseMs, () => {
      this.#again = undefined;
      void this.#inTurn(async () => {
        if (!this.#held || this.#state !== "failed") return;
        this.#restarts += 1;
        await this.#tryStart(this.#given);
      });
    });
  }

  #cancelAgain(): void {
    this.#again?.cancel();
    this.#again = undefined;
  }

  #setState(state: PluginState): void {
    this.#state = state;
    if (this.#held) this.#deps.report(this.status());
  }
}

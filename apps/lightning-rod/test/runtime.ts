// Plugins on a real machine: sources on a disk, opened by the runner, whatever this machine can hold them with.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  type PluginExit,
  type PluginLimits,
  type PluginManifest,
  type PluginNeeds,
} from "@s4t/contract";
import { Bug, systemClock } from "@s4t/kit";
import type { Instance, Runner, WrittenLine } from "../src/features/plugins/runner.ts";
import { createRuntime } from "../src/features/plugins/runtime/runtime.ts";
import { openPluginProcesses } from "../src/platform/linux/plugins/processes.ts";

export interface Opened {
  readonly instance: Instance;
  readonly folder: string;
  readonly stateFolder: string;
  readonly lines: WrittenLine[];
  readonly emitted: { series: string; value: number; unit: string }[];
  readonly exits: PluginExit[];
  /** A call with a time of its own. */
  call(params?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<unknown>;
}

export interface OpenOptions {
  readonly mode?: PluginManifest["mode"];
  readonly isolated?: boolean;
  readonly limits?: Partial<PluginLimits>;
  readonly needs?: Partial<PluginNeeds>;
  readonly entry?: string;
  readonly name?: string;
}

export interface TestMachine {
  /** What it reaches. */
  readonly isolation: NonNullable<ReturnType<Runner["describe"]>>["isolation"];
  readonly runner: Runner;
  readonly folder: string;
  open(runtime: "node" | "python", source: string, options?: OpenOptions): Opened;
  close(): Promise<void>;
}

/** What may be used of what the machine has. */
export const levels = {
  full: { sandbox: true, ownUser: true, groups: true },
  kernel: { sandbox: false, ownUser: true, groups: true },
  limits: { sandbox: false, ownUser: false, groups: false },
} as const;

/** A folder as an agent's, with a runner over it. */
export const openTestMachine = async (
  allow: Readonly<Record<keyof (typeof levels)["full"], boolean>> = levels.full,
  find?: (name: string) => string | undefined,
  /** Whether it lies below a folder that other users may not enter. */
  isClosed = false,
): Promise<TestMachine> => {
  const outer = mkdtempSync(join(tmpdir(), "s4t-runtime-"));
  const folder = isClosed ? join(outer, "agent") : outer;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const processes = openPluginProcesses({
    top: folder,
    folder: join(folder, "plugins/hosts"),
    allow,
    ...(find ? { find } : {}),
  });
  const runner = createRuntime({
    processes,
    clock: systemClock,
    board: () => ({ uuid: "0b0a", name: "lamp-7" }),
  });
  await processes.look();
  const opened: Instance[] = [];
  let count = 0;
  const found = runner.describe();
  if (!found) throw new Bug("the machine was looked at, and nothing is known");
  return {
    isolation: found.isolation,
    runner,
    folder,
    open(runtime, source, options = {}) {
      count += 1;
      const { name = `plugin-${count}`, entry = runtime === "node" ? "main.mjs" : "main.py" } =
        options;
      const place = join(folder, "plugins/versions", String(count));
      const stateFolder = join(folder, "plugins/state", name);
      mkdirSync(dirname(join(place, entry)), { recursive: true, mode: 0o755 });
      mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
      writeFileSync(join(place, entry), source);
      for (const path of [place, join(place, entry)]) chmodSync(path, 0o755);
      const lines: WrittenLine[] = [];
      const emitted: Opened["emitted"] = [];
      const exits: PluginExit[] = [];
      const instance = runner.open({
        ...{ key: name, version: String(count), folder: place, stateFolder },
        manifest: {
          ...{ format: 1, name, runtime, entry, mode: options.mode ?? "sync", parameters: null },
          limits: { ...defaultPluginLimits, ...options.limits },
          needs: { ...defaultPluginNeeds, ...options.needs },
          isolated: options.isolated ?? false,
          ...{ files: [], blob: { sha256: "", bytes: 1 } },
        },
        onLine: (line) => void lines.push(line),
        onEmit: (series, value, unit) => void emitted.push({ series, value, unit }),
        onExit: (exit) => void exits.push(exit),
      });
      opened.push(instance);
      const call: Opened["call"] = (params = {}, timeoutMs = 20_000) =>
        instance.call(params, { signal: new AbortController().signal, timeoutMs });
      return { instance, folder: place, stateFolder, lines, emitted, exits, call };
    },
    async close() {
      await Promise.all(opened.map((instance) => instance.close()));
      rmSync(outer, { recursive: true, force: true });
    },
  };
};

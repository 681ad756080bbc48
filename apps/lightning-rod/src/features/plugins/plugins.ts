// Plugins: from an entry of the target to code that runs, and the procedures about it. A version runs here when it is signed with
// the key that this board pinned, whole on the disk, and of a language that the board has; in that order, at each start again.
import {
  type BoardInfo,
  fail,
  type PluginStatus,
  pluginsFeature,
  type ReportRow,
  type TargetEntry,
  type TargetPlugin,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, untilAborted } from "@s4t/kit";
import type { ProjectKeyPin } from "../../link/project-key.ts";
import type { PluginStore } from "../../platform/plugin-store.ts";
import type { Storage } from "../../storage.ts";
import type { Executor } from "../../target/kinds.ts";
import { type Dispatch, dispatchOf } from "../feature.ts";
import { HeldPlugin, type HeldPoint } from "./held.ts";
import { createInstall, type InstallDependencies, type InstallPoint } from "./install.ts";
import { createLines } from "./lines.ts";
import { openNoted } from "./noted.ts";
import type { Runner } from "./runner.ts";
import { isRecord } from "./runtime/record.ts";
import { createPluginSeries } from "./series.ts";
import { requireTrusted } from "./trust.ts";

/** Steps of taking a plugin off: nothing is done yet, its processes are gone, its record is, its files are. */
type RemovalPoint = "removing" | "removal-stopped" | "removal-noted" | "removal-swept";

/** Steps of what is done with a plugin at which a kill is tried in tests. */
export type PluginPoint = InstallPoint | HeldPoint | RemovalPoint;

export interface PluginsDependencies extends Pick<InstallDependencies, "fetch"> {
  readonly store: PluginStore;
  readonly runner: Runner;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly uptimeMs: () => number;
  readonly pinned: () => ProjectKeyPin | undefined;
  /** What the target names of plugins; undefined while no target is known here. */
  readonly named: () => readonly TargetEntry[] | undefined;
  /** Keeps a row until the cloud has it. */
  readonly report: (row: ReportRow) => void;
  /** Tells a row now, or never. */
  readonly tell: (row: ReportRow) => void;
  /** Tells anew what this board measures. */
  readonly describeSeries: () => void;
  readonly atPoint: (point: PluginPoint) => void;
}

export interface Plugins {
  readonly dispatch: Dispatch;
  readonly executor: Executor<TargetPlugin>;
  /** Finds out what can run here. */
  look(): Promise<void>;
  /** Undefined until that is known. */
  info(): BoardInfo["plugins"];
  series(): Extract<ReportRow, { kind: "series" }>["series"];
  /** Starts what ran before and a target still names, without a cloud. */
  resume(): void;
  /** Removes what nothing needs and no target names any more. */
  sweep(): void;
  /** Ends every process. */
  close(): Promise<void>;
}

/** Of an entry as it came, that may be none of ours. */
const versionOf = (value: unknown): string[] =>
  isRecord(value) && typeof value.version === "string" ? [value.version] : [];

/** The hash of its blob, likewise. */
const blobOf = (value: unknown): string[] => {
  const manifest = isRecord(value) ? value.manifest : undefined;
  const blob = isRecord(manifest) ? manifest.blob : undefined;
  return isRecord(blob) && typeof blob.sha256 === "string" ? [blob.sha256] : [];
};

/** Makes the feature. */
export const createPlugins = (deps: PluginsDependencies): Plugins => {
  const { store, runner, storage, clock, log, pinned, report, tell, atPoint } = deps;
  const noted = openNoted(storage, log);
  const held = new Map<string, HeldPlugin>();
  /** What is on its way, by name. */
  const preparing = new Map<string, TargetPlugin>();
  const install = createInstall({ ...deps, atPoint });
  const series = createPluginSeries({
    clock,
    uptimeMs: deps.uptimeMs,
    store: report,
    onDescribed: deps.describeSeries,
  });

  const reportStatus = (status: PluginStatus): void =>
    report({ kind: "plugin", status, atMs: clock.now() });

  const requireRuntime = async (
    { manifest: { runtime } }: TargetPlugin,
    signal: AbortSignal,
  ): Promise<void> => {
    await untilAborted(runner.ready(), signal);
    if (runner.describe()?.[runtime] !== null) return;
    const next =
      runtime === "python" ? "install python3, 3.9 or newer" : "run the agent with Node.js";
    throw fail("plugin.runtime-missing", {
      runtime: runtime === "python" ? "Python" : "Node",
      next,
    });
  };

  const hold = (name: string): HeldPlugin => {
    const lines = createLines(name, { clock, tell });
    const refused = new Set<string>();
    const onEmit = (of: string, value: number, unit: string): void => {
      const because = series.emit(name, of, value, unit);
      if (because === undefined || refused.has(because)) return;
      refused.add(because);
      lines.write({
        level: "warn",
        text: `The value of ${of.slice(0, 100)} is left out: ${because}`,
      });
    };
    const made = new HeldPlugin(name, {
      clock,
      log,
      lines,
      note: (plugin) => noted.set(plugin),
      report: reportStatus,
      atPoint,
      open: ({ version, manifest }, { onExit }) =>
        runner.open({
          key: name,
          version,
          manifest,
          folder: store.folderOf(version),
          stateFolder: store.stateFolderOf(name),
          onLine: (line) => lines.write(line),
          onEmit,
          onExit,
        }),
    });
    held.set(name, made);
    return made;
  };

  const sweep = (): void => {
    const named = deps.named();
    if (!named) return;
    const used = [
      ...[...held.values()].flatMap(({ value }) => value ?? []),
      ...noted.all(),
      ...preparing.values(),
    ];
    try {
      store.sweep({
        versions: new Set([...used, ...named.map(({ value }) => value)].flatMap(versionOf)),
        // Of what failed, but is still wanted, too: the rest follows.
        blobs: new Set([...preparing.values(), ...named.map(({ value }) => value)].flatMap(blobOf)),
        names: new Set([...used.map(({ name }) => name), ...named.map(({ key }) => key)]),
      });
    } catch (error) {
      log.warn("What plugins left could not be removed", { because: String(error) });
    }
  };

  /** A version that runs, but is not signed by the present key any more, does not go on running. */
  const withdrawUntrusted = async (plugin: HeldPlugin): Promise<void> => {
    if (!plugin.value) return;
    try {
      requireTrusted(plugin.value, pinned());
    } catch {
      await plugin.withdraw();
    }
  };

  const executor: Executor<TargetPlugin> = {
    async apply(value, { key, signal }) {
      if (value.name !== key)
        throw fail("plugin.manifest-invalid", { because: "it has two names" });
      preparing.set(key, value);
      try {
        const plugin = held.get(key) ?? hold(key);
        await withdrawUntrusted(plugin);
        requireTrusted(value, pinned());
        await requireRuntime(value, signal);
        await install(value.version, value.manifest, signal);
        signal.throwIfAborted();
        // The project may have another key by now: a download takes its time.
        requireTrusted(value, pinned());
        await plugin.takeOver(value);
      } finally {
        if (preparing.get(key) === value) preparing.delete(key);
      }
      sweep();
    },
    async remove({ key }) {
      atPoint("removing");
      await held.get(key)?.close();
      atPoint("removal-stopped");
      noted.remove(key);
      atPoint("removal-noted");
      held.delete(key);
      series.forget(key);
      sweep();
      atPoint("removal-swept");
    },
    present: () => noted.all().map(({ name }) => name),
  };

  const find = (name: string): HeldPlugin => {
    const found = held.get(name);
    if (!found) throw fail("plugin.not-injected");
    return found;
  };

  const resumeOne = async (value: TargetPlugin): Promise<void> => {
    try {
      requireTrusted(value, pinned());
      if (store.has(value.version)) await hold(value.name).resume(value);
    } catch (error) {
      log.warn("A plugin does not come back", {
        plugin: value.name,
        because: isS4tError(error) ? error.message : String(error),
      });
    }
  };

  return {
    executor,
    dispatch: dispatchOf(pluginsFeature, {
      call: ({ plugin, parameters, timeoutMs }, { signal }) =>
        find(plugin).call(parameters, { signal, timeoutMs }),
      start: ({ plugin, parameters = {} }) => find(plugin).start(parameters),
      stop: ({ plugin }) => find(plugin).stop(),
      restart: ({ plugin }) => find(plugin).restart(),
      status: ({ plugin }) => find(plugin).status(),
      lines: ({ plugin, count }) => find(plugin).lines.last(count),
      follow: ({ plugin, leaseS }) => {
        find(plugin).lines.follow(leaseS);
        return {};
      },
    }),
    look: () => runner.look(),
    info: () => runner.describe(),
    series: () => series.describe(),
    resume() {
      const named = deps.named();
      for (const value of noted.all())
        if (!named || named.some(({ key }) => key === value.name)) void resumeOne(value);
    },
    sweep,
    async close() {
      // A start that waits to know would keep the end waiting.
      runner.look().catch(() => {});
      await Promise.allSettled([...held.values()].map((plugin) => plugin.close()));
      series.close();
    },
  };
};

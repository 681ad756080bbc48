// What runs plugins, as this feature needs it: one instance a version, its processes inside.
import type { BoardInfo, PluginExit, PluginLine, PluginManifest } from "@s4t/contract";

/** A line before it is numbered. */
export type WrittenLine = Pick<PluginLine, "level" | "text">;

export interface OpenPlugin {
  /** Name of the plugin. */
  readonly key: string;
  readonly version: string;
  readonly folder: string;
  /** What the plugin keeps; the same over its versions. */
  readonly stateFolder: string;
  readonly manifest: PluginManifest;
  readonly onLine: (line: WrittenLine) => void;
  /** A value that the plugin measured. */
  readonly onEmit: (series: string, value: number, unit: string) => void;
  /** What was started has ended, by itself or because it was stopped. */
  readonly onExit: (exit: PluginExit) => void;
}

type Parameters = Readonly<Record<string, unknown>>;

/** What an instance uses now. */
export interface InstanceUse {
  readonly pid: number | null;
  readonly memoryBytes: number | null;
  readonly cpuMs: number | null;
}

export interface Instance {
  /** One call, when those before it have ended. Rejects with codes of the contract. */
  call(
    parameters: Parameters,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<unknown>;
  /** Brings up what a start needs, and reads nothing of the plugin yet: it may be done while another version still runs. */
  prepare(): void;
  /** Resolves when it runs. */
  start(parameters: Parameters): Promise<void>;
  /** Resolves when no process of it is left. */
  stop(): Promise<void>;
  use(): InstanceUse;
  /** Ends every process of it. */
  close(): Promise<void>;
}

export interface Runner {
  /** Finds out what can run here, and how it is held: once, beside everything else. */
  look(): Promise<void>;
  /** Resolves once that is known. Calls and starts wait by themselves. */
  ready(): Promise<void>;
  /** Undefined until it is known. */
  describe(): BoardInfo["plugins"];
  open(plugin: OpenPlugin): Instance;
}

// Processes of plugins as a port: an interpreter with the host program of its language, held as far as this machine can. What is
// said over the two descriptors is the feature's business; that no process outlives its end is this one's.
import type { BoardInfo, PluginManifest } from "@s4t/contract";

export interface ProcessWanted extends Pick<PluginManifest, "runtime" | "limits" | "needs"> {
  /** Name of the plugin. */
  readonly name: string;
  /** Its version's files: read only. */
  readonly folder: string;
  /** The one folder that it may write to. */
  readonly stateFolder: string;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether the kernel ended it for memory. */
  readonly isMemory: boolean;
}

export interface ProcessEvents {
  /** Bytes of the protocol. */
  readonly onBytes: (bytes: Buffer) => void;
  /** The process closed its end of the protocol; it may live on. */
  readonly onBytesEnd: () => void;
  readonly onOutput: (level: "out" | "err", bytes: Buffer) => void;
  /** Told once, when no process of it is left. */
  readonly onEnd: (end: ProcessEnd) => void;
}

export interface PluginProcess {
  /**
   * Sets the limits; called when the host program says that it is there, before it has seen any code of the plugin. Answers those
   * that the host program sets itself, by their names, before it reads that code.
   */
  confine(): Promise<Readonly<Record<string, number>>>;
  send(line: string): void;
  use(): {
    readonly pid: number | null;
    readonly memoryBytes: number | null;
    readonly cpuMs: number | null;
  };
  /** Ends every process of it, whatever they do. Resolves when none is left. */
  kill(): Promise<void>;
}

export interface PluginProcesses {
  /** Finds out what this machine can, beside everything else. Once: whoever asks again gets the same. */
  look(): Promise<void>;
  /** Resolves once that is known; does not begin it. */
  ready(): Promise<void>;
  /** Undefined until it is known. */
  describe(): BoardInfo["plugins"];
  /** Whether this machine has the memory for processes that only wait. */
  hasRoom(): boolean;
  /** Once it is known. Throws `plugin.runtime-missing` where there is no interpreter. */
  start(wanted: ProcessWanted, events: ProcessEvents): PluginProcess;
}

// The operating system as a port: what the agent's features need of the machine that it runs on.
import type { BoardInfo } from "@s4t/contract";

/** What is measured at one moment, by series name. */
export type Measured = Readonly<Record<string, number>>;

/** Unit of each series that a machine has, UCUM. */
export type SeriesUnits = Readonly<Record<string, string>>;

/** Reboots; resolves, where the machine is still there, with why it does not. */
export type Reboot = () => Promise<string | undefined>;

export interface Platform {
  /** What the machine is; what the agent knows of itself is added by the feature. */
  describe(): Pick<
    BoardInfo,
    | "hostname"
    | "os"
    | "kernel"
    | "arch"
    | "model"
    | "cpus"
    | "memoryBytes"
    | "runtime"
    | "bootId"
    | "uptimeS"
    | "interfaces"
  > & { readonly timeZone?: string };
  /** Milliseconds since this boot, of a clock that nobody sets. */
  uptimeMs(): number;
  /** Series that this machine has. Asked once. */
  series(): SeriesUnits;
  /** Values now. Rates cover the time since the call before. */
  measure(): Measured;
  /** Whether the wall clock is kept by somebody. */
  isClockSynchronised(): boolean;
  /** What reboots this machine by the configured command. Throws `board.failed` where there is no such program. */
  prepareReboot(command: readonly string[]): Reboot;
}

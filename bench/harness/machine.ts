// The machine that a figure is of, and how much of it others took meanwhile.
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

/** What the kernel counted for all cores since it started, in ticks. */
export interface Ticks {
  readonly all: number;
  readonly busy: number;
  readonly stolen: number;
}

export const readTicks = (): Ticks => {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const counts = line.trim().split(/\s+/).slice(1, 9).map(Number); // user nice system idle iowait irq softirq steal
  const all = counts.reduce((sum, count) => sum + count, 0);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = counts;
  return { all, busy: all - idle - waiting, stolen };
};

/** One sentence about the machine. */
export const describeMachine = (): string =>
  `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "unknown"}, Linux, Node ${process.versions.node}`;

/** Share of the machine since `before` that the hypervisor gave to others, that was in use, and the load now. */
export const sharesSince = (before: Ticks) => {
  const now = readTicks();
  const all = Math.max(1, now.all - before.all);
  return {
    stealPercent: (100 * (now.stolen - before.stolen)) / all,
    busyPercent: (100 * (now.busy - before.busy)) / all,
    load: loadavg()[0] ?? 0,
  };
};

/** CPU seconds that a process has used so far in all its threads; the kernel counts hundredths. */
export const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** Resident memory of a process, MiB. */
export const residentMiBOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;

/** Memory of a process that nobody shares, MiB. */
export const privateMiBOf = (pid: number): number =>
  [...readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_\w+:\s+(\d+) kB/gm)]
    .map(([, kiB]) => Number(kiB))
    .reduce((sum, kiB) => sum + kiB, 0) / 1_024;

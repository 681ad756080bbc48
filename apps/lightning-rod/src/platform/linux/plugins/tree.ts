// Processes as /proc shows them: who came of whom, whose they are, what they use.
import { readdirSync, readFileSync } from "node:fs";

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
};

/** Every process, by number. */
const allPids = (): number[] =>
  readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

const isRunning = (pid: number): boolean => {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
};

/** A process and all that came of it and is still below it, it first. */
export const treeOf = (pid: number): number[] => {
  const found = [pid];
  for (const at of found)
    for (const task of listed(`/proc/${at}/task`))
      found.push(
        ...read(`/proc/${at}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
      );
  return found;
};

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

export const parentOf = (pid: number): number =>
  Number(/^PPid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** Live processes with a user. */
export const pidsOfUser = (uid: number): number[] =>
  allPids().filter(
    (pid) =>
      Number(/^Uid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) === uid && isRunning(pid),
  );

/** Live processes that were started with this in their environment, or by one that was. */
export const pidsWithMark = (mark: string): number[] =>
  allPids().filter((pid) => read(`/proc/${pid}/environ`).includes(mark) && isRunning(pid));

/** How many threads a user has: what the kernel counts against a limit of processes. */
export const threadsOfUser = (uid: number): number =>
  allPids().reduce((sum, pid) => {
    const status = read(`/proc/${pid}/status`);
    if (Number(/^Uid:\t(\d+)/m.exec(status)?.[1]) !== uid) return sum;
    return sum + Number(/^Threads:\t(\d+)/m.exec(status)?.[1] ?? 0);
  }, 0);

/** Private writable memory that a process has asked for, bytes: what RLIMIT_DATA counts. */
export const dataBytesOf = (pid: number): number =>
  Number(/^VmData:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;

export const residentBytesOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;

/** Length of a tick of /proc, ms: USER_HZ is 100 on every Linux that runs Node. */
const TICK_MS = 10;
/** Processor time of a process, ms. */
export const cpuMsOf = (pid: number): number => {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
};

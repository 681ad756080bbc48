import { readdirSync, readFileSync } from "node:fs";

/** Processes whose environment names a plugin's state folder: it and whatever came of it. A zombie has no environment. */
export const allProcessesOf = (stateFolder: string): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${stateFolder}\0`);
      } catch {
        return false;
      }
    });

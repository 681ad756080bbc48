// The clouds that this user started on this machine, newest first, as each cloud notes at its start; and whether one still runs.
import { join } from "node:path";
import { readFileIfThere } from "@s4t/kit/node";
import type { Places } from "./places.ts";

/** Data folders, the one that started last first; the one that is used unless said comes last. */
export const knownFolders = ({ currentFile, defaultData }: Places): string[] => {
  const lines = readFileIfThere(currentFile)?.split("\n") ?? [];
  const noted = lines.map((line) => line.trim()).filter((line) => line !== "");
  return [...new Set([...noted, defaultData])];
};

/** Whether the process that noted itself in a data folder is alive. A cloud that ends takes its note away. */
export const isRunning = (folder: string): boolean => {
  const pid = Number(readFileIfThere(join(folder, "pid")));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

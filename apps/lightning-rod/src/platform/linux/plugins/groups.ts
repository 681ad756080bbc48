// Control groups: what the kernel counts and holds of a plugin together, however many processes it starts. Groups are made only
// below one that is the agent's alone, or the system's root: in a group with others in it, they would be held too, and moving out
// of it would escape what somebody else set for this agent.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { PluginLimits } from "@s4t/contract";
import { isWritable } from "./probe.ts";

const controllers = ["memory", "pids", "cpu"] as const;
type Controller = (typeof controllers)[number];

/**
 * Weight of a plugin's group, however many processes are in it, beside 1,024 of one that nobody said anything about: that of a
 * process which is as nice as a plugin's. In version 2 the same is said beside 100.
 */
export const GROUP_CPU_SHARES = 335;
/** Period over which processor time is shared out, the kernel's default. */
const CPU_PERIOD_US = 100_000;
/** Groups of ours begin so: what an agent that was killed left is found by it. */
const PREFIX = "s4t-plugin-";

/** A group of one process and its children. */
export interface Group {
  /** Throws where the kernel refuses. */
  add(pid: number): void;
  pids(): number[];
  kill(): void;
  /** Whether the kernel ended something in it for memory. */
  wasMemory(): boolean;
  memoryBytes(): number | null;
  /** Removes it; false while something is in it. */
  remove(): boolean;
}

export interface Groups {
  readonly version: "cgroup1" | "cgroup2";
  readonly holds: ReadonlySet<Controller>;
  /** `name` is unique among groups that are there. Throws, and leaves nothing, where the kernel refuses. */
  create(name: string, limits: PluginLimits & { readonly processes: number }): Group;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
const pidsIn = (folder: string): number[] =>
  read(join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number);

/** Folder of this process's own group in each hierarchy: by controller, `""` for version 2. */
const ownGroups = (root: string, file: string): Map<string, string> => {
  const own = new Map<string, string>();
  for (const line of read(file).split("\n").filter(Boolean)) {
    const [, names = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names.split(","))
      own.set(name, name === "" ? path : resolve(root, name, `.${path}`));
  }
  return own;
};

const isOwn = (folder: string, isTop: boolean): boolean =>
  isTop || pidsIn(folder).every((pid) => pid === process.pid);

const groupOf = (
  folders: ReadonlyMap<Controller | "", string>,
  memoryEvents: (folder: string) => boolean,
  memoryFile: string,
): Group => {
  const every = () => [...folders.values()];
  const memory = () => folders.get("memory") ?? folders.get("");
  return {
    add: (pid) =>
      every().forEach((folder) => void writeFileSync(join(folder, "cgroup.procs"), `${pid}`)),
    pids: () => [...new Set(every().flatMap(pidsIn))],
    kill() {
      for (const folder of every())
        if (existsSync(join(folder, "cgroup.kill")))
          writeFileSync(join(folder, "cgroup.kill"), "1");
      for (const pid of new Set(every().flatMap(pidsIn)))
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // gone by itself
        }
    },
    wasMemory() {
      const folder = memory();
      return folder !== undefined && memoryEvents(folder);
    },
    memoryBytes() {
      const folder = memory();
      const text = folder === undefined ? "" : read(join(folder, memoryFile));
      return text === "" ? null : Number(text);
    },
    remove() {
      try {
        for (const folder of every()) if (existsSync(folder)) rmdirSync(folder);
        return true;
      } catch {
        return false;
      }
    },
  };
};

const orRemoved = (group: Group, prepare: () => void): Group => {
  try {
    prepare();
    return group;
  } catch (error) {
    group.remove();
    throw error;
  }
};

const sweepLeft = (folder: string): void => {
  for (const name of readdirSync(folder).filter((each) => each.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split("-", 1)[0]);
    if (pid !== process.pid && existsSync(`/proc/${pid}`)) continue; // another agent's
    const left = groupOf(new Map([["", join(folder, name)]]), () => false, "");
    left.kill();
    left.remove();
  }
};

const nameOf = (name: string): string => `${PREFIX}${process.pid}-${name}`;
const oomKills = (file: string) => (folder: string) =>
  Number(/^oom_kill (\d+)$/m.exec(read(join(folder, file)))?.[1] ?? 0) > 0;

const openVersion1 = (root: string, own: ReadonlyMap<string, string>): Groups | undefined => {
  const parents = new Map<Controller, string>();
  for (const controller of controllers) {
    const folder = own.get(controller);
    if (!folder || !isWritable(folder)) continue;
    if (!isOwn(folder, folder === join(root, controller))) continue;
    parents.set(controller, folder);
    sweepLeft(folder);
  }
  if (parents.size === 0) return undefined;
  return {
    version: "cgroup1",
    holds: new Set(parents.keys()),
    create(name, { memoryMiB, processes, cpuPercent }) {
      const folders = new Map<Controller, string>();
      const limits: Readonly<Record<Controller, readonly (readonly [string, number])[]>> = {
        memory: [["memory.limit_in_bytes", memoryMiB * 1_048_576]],
        pids: [["pids.max", processes]],
        cpu: [
          ["cpu.cfs_period_us", CPU_PERIOD_US],
          ["cpu.cfs_quota_us", Math.max(1_000, (CPU_PERIOD_US * cpuPercent) / 100)],
          ["cpu.shares", GROUP_CPU_SHARES],
        ],
      };
      const group = groupOf(folders, oomKills("memory.oom_control"), "memory.usage_in_bytes");
      return orRemoved(group, () => {
        for (const [controller, parent] of parents) {
          const folder = join(parent, nameOf(name));
          mkdirSync(folder);
          folders.set(controller, folder);
          for (const [file, value] of limits[controller])
            writeFileSync(join(folder, file), String(Math.round(value)));
        }
      });
    },
  };
};

const openVersion2 = (root: string, groups: ReadonlyMap<string, string>): Groups | undefined => {
  const path = groups.get("");
  if (path === undefined || !existsSync(join(root, "cgroup.controllers"))) return undefined;
  const own = join(root, path);
  const isTop = !existsSync(join(own, "cgroup.type"));
  if (!isWritable(own) || !isWritable(join(own, "cgroup.procs")) || !isOwn(own, isTop))
    return undefined;
  const there = read(join(own, "cgroup.controllers")).trim().split(" ");
  const holds = controllers.filter((controller) => there.includes(controller));
  try {
    // A group with processes in it cannot hand controllers down: the agent moves into one of its own first.
    if (!isTop) {
      mkdirSync(join(own, "s4t-agent"), { recursive: true });
      writeFileSync(join(own, "s4t-agent", "cgroup.procs"), String(process.pid));
    }
    writeFileSync(join(own, "cgroup.subtree_control"), holds.map((name) => `+${name}`).join(" "));
  } catch {
    return undefined;
  }
  sweepLeft(own);
  if (holds.length === 0) return undefined;
  return {
    version: "cgroup2",
    holds: new Set(holds),
    create(name, { memoryMiB, processes, cpuPercent }) {
      const folder = join(own, nameOf(name));
      mkdirSync(folder);
      const set = (controller: Controller, file: string, value: string) => {
        if (holds.includes(controller)) writeFileSync(join(folder, file), value);
      };
      const group = groupOf(new Map([["", folder]]), oomKills("memory.events"), "memory.current");
      return orRemoved(group, () => {
        set("memory", "memory.max", String(memoryMiB * 1_048_576));
        if (existsSync(join(folder, "memory.swap.max"))) set("memory", "memory.swap.max", "0");
        set("pids", "pids.max", String(processes));
        set("cpu", "cpu.weight", String(Math.round((GROUP_CPU_SHARES * 100) / 1_024)));
        set("cpu", "cpu.max", `${Math.round((CPU_PERIOD_US * cpuPercent) / 100)} ${CPU_PERIOD_US}`);
      });
    },
  };
};

/** Groups below the agent's own, or undefined where it has none that it may divide. `own`: which group that is, as the kernel says. */
export const openGroups = (
  root = "/sys/fs/cgroup",
  own = "/proc/self/cgroup",
): Groups | undefined => {
  try {
    const groups = ownGroups(root, own);
    return openVersion2(root, groups) ?? openVersion1(root, groups);
  } catch {
    return undefined; // told as "rlimit" or "none": a machine that does not allow it is no fault
  }
};

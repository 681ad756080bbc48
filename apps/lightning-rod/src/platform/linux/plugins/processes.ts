// Processes of plugins on Linux: started as far away from the agent as this machine allows, held by the kernel, and ended with
// everything that came of them. Limits are set between the host program's first word and the plugin's first line of code.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { constants, totalmem } from "node:os";
import { basename, join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { promisify } from "node:util";
import { fail, MAX_PLUGIN_RESULT_BYTES } from "@s4t/contract";
import { Bug } from "@s4t/kit";
import { makePrivateFolder, outside, sha256Hex, writeFileAtomic } from "@s4t/kit/node";
import type {
  PluginProcess,
  PluginProcesses,
  ProcessEvents,
  ProcessWanted,
} from "../../plugin-processes.ts";
import {
  areLimitsOnTheWay,
  commandOf,
  type Hosts,
  isolationOf,
  MAX_FILE_BYTES,
  MAX_OPEN_FILES,
} from "./command.ts";
import type { Group } from "./groups.ts";
import { canBeOffline, findMachine, hasOwnUsers, type Machine, wouldBeRoot } from "./machine.ts";
import { findProgram, type Python } from "./probe.ts";
import { nodeHost, pythonHost } from "./shims.ts";
import * as tree from "./tree.ts";
import { keepFromOthers, openWay, userOf } from "./users.ts";

/** What RLIMIT_DATA leaves beyond the plugin's memory: threads' stacks, which are asked for and hardly used. */
const DATA_SLACK_BYTES = 33_554_432;
/** Processes of the sandbox itself within a plugin's group. */
const SANDBOX_PROCESSES = 2;
/**
 * Memory of a board, or of what its agent may use of it, from which on it keeps processes that only wait: two of them hold about
 * 15 MiB of their own. A board with less starts each process when it is called.
 */
export const SPARE_FROM_BYTES = 1_073_741_824;
/** Rounds of killing: each ends all that the one before saw being born. */
const KILL_ROUNDS = 200;
const KILL_PAUSE_MS = 10;

export interface ProcessesOptions {
  /** Folder of the agent: what is above it is not ours to open. */
  readonly top: string;
  /** Where host programs are written. */
  readonly folder: string;
  /** What may be used where it is there. */
  readonly allow?: {
    readonly sandbox: boolean;
    readonly ownUser: boolean;
    readonly groups: boolean;
  };
  /** Path of a program: tests leave some out. */
  readonly find?: (name: string) => string | undefined;
  /** Memory that plugins and the agent may use, bytes. */
  readonly memoryBytes?: () => number;
}

/** Of the machine, or of the control group that the agent was put into. */
const memoryBytesHere = (): number =>
  Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

const run = promisify(execFile);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Writes the host programs under their hash: a plugin that runs keeps the one that it began with. */
const writeHosts = (folder: string): Hosts => {
  makePrivateFolder(folder);
  const write = (text: string, ending: string): string => {
    const path = join(folder, `host-${sha256Hex(Buffer.from(text)).slice(0, 16)}.${ending}`);
    if (!existsSync(path)) writeFileAtomic(path, text, { mode: 0o644 });
    chmodSync(path, 0o644); // a umask may have taken the others' right to read
    return path;
  };
  const hosts = { node: write(nodeHost, "cjs"), python: write(pythonHost, "py") };
  const now = Object.values(hosts).map((path) => basename(path));
  for (const name of readdirSync(folder))
    if (!now.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
  return hosts;
};

/** What Python makes of the host program: without it each process would read and translate the text, which costs a MiB and time. */
const translate = async (source: string, { path, version }: Python): Promise<string> => {
  const target = source.replace(/py$/, `${version}.pyc`);
  const program =
    "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], doraise=True)";
  try {
    await run(path, ["-I", "-S", "-c", program, source, target], { cwd: "/" });
    chmodSync(target, 0o644);
    return target;
  } catch {
    return source; // the text does as well
  }
};

/** The host programs of a machine; undefined where they cannot be written now: the first start tries again. */
const prepareHosts = async (folder: string, { python }: Machine): Promise<Hosts | undefined> => {
  try {
    const hosts = writeHosts(folder);
    return python ? { ...hosts, python: await translate(hosts.python, python) } : hosts;
  } catch {
    return undefined;
  }
};

/** Exit codes above this stand for signals. */
const SIGNAL_CODES = 128;
const signalOfCode = (code: number | null): string | undefined =>
  Object.entries(constants.signals).find(([, number]) => number + SIGNAL_CODES === code)?.[0];

/** A process that runs, for the others of its user. */
interface Owner {
  readonly uid: number | undefined;
  pids(): number[];
}

interface Place {
  readonly machine: Machine;
  readonly hosts: Hosts;
  readonly top: string;
  readonly siblings: Set<Owner>;
}

const startOne = (
  { machine, hosts, top, siblings }: Place,
  wanted: ProcessWanted,
  events: ProcessEvents,
): PluginProcess => {
  const { limits, stateFolder } = wanted;
  const uid = hasOwnUsers(machine) ? userOf(stateFolder, top) : undefined;
  if (uid !== undefined && !machine.sandbox) {
    for (const path of [hosts[wanted.runtime], wanted.folder, stateFolder]) openWay(top, path);
    keepFromOthers(wanted.folder, uid);
  }
  const mark = `S4T_PLUGIN_RUN=${randomBytes(12).toString("hex")}`;
  const [program = "", ...args] = commandOf(machine, wanted, hosts, {
    ...{ uid, top },
    maxResultBytes: MAX_PLUGIN_RESULT_BYTES,
  });
  const child = spawn(program, args, {
    cwd: stateFolder,
    detached: true, // a process group of its own, which can be ended as one
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    ...(uid !== undefined && !machine.setpriv ? { uid, gid: uid } : {}),
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: stateFolder,
      LANG: "C.UTF-8",
      ...(process.env.TZ ? { TZ: process.env.TZ } : {}),
      S4T_PLUGIN: wanted.name,
      S4T_PLUGIN_RUN: mark.slice(mark.indexOf("=") + 1),
    },
  });
  const [, out, err, toChild, fromChild] = child.stdio as unknown as readonly [
    null,
    Readable,
    Readable,
    Duplex,
    Duplex,
  ];
  let group: Group | undefined;
  let worker = child.pid;
  let ended: { code: number | null; signal: string | null } | undefined;
  let killing: Promise<void> | undefined;
  for (const stream of [toChild, fromChild, out, err]) stream.on("error", () => {}); // the other end is gone: the exit says so
  fromChild.on("data", events.onBytes);
  fromChild.on("end", events.onBytesEnd);
  out.on("data", (bytes: Buffer) => events.onOutput("out", bytes));
  err.on("data", (bytes: Buffer) => events.onOutput("err", bytes));

  const self: Owner = {
    uid,
    pids: () => (child.pid === undefined || ended ? [] : tree.treeOf(child.pid)),
  };
  /**
   * With this plugin's user, and not of another process of the plugin that is to go on. Who they all are is asked first: what is
   * born in between is not among them. What the agent itself started for a moment is nobody's leftover.
   */
  const ofUser = (own: number): number[] => {
    const all = tree.pidsOfUser(own).filter((pid) => tree.parentOf(pid) !== process.pid);
    const kept = new Set(
      [...siblings].flatMap((each) => (each !== self && each.uid === own ? each.pids() : [])),
    );
    return all.filter((pid) => !kept.has(pid));
  };
  /** What may still be there: by group, by user, by what it was started with. */
  const left = (): number[] => [
    ...new Set([
      ...(group?.pids() ?? []),
      // What has not yet become the plugin's user has its mark.
      ...tree.pidsWithMark(mark),
      ...(uid === undefined ? [] : ofUser(uid)),
    ]),
  ];
  siblings.add(self);

  const endAll = async (): Promise<void> => {
    for (let round = 0; round < KILL_ROUNDS; round += 1) {
      group?.kill();
      for (const pid of [child.pid === undefined || ended ? undefined : -child.pid, ...left()])
        try {
          if (pid !== undefined) process.kill(pid, "SIGKILL");
        } catch {
          // it has ended
        }
      if (ended && left().length === 0) break;
      await pause(KILL_PAUSE_MS);
    }
    const isMemory = group?.wasMemory() ?? false;
    group?.remove();
    siblings.delete(self);
    for (const stream of [toChild, fromChild, out, err]) stream.destroy();
    events.onEnd({ code: null, signal: null, ...ended, isMemory });
  };
  const kill = (): Promise<void> => {
    killing ??= endAll();
    return killing;
  };
  child.once("error", () => {
    ended = { code: 127, signal: null };
    void kill();
  });
  child.once("exit", (code, signal) => {
    // The sandbox tells a signal as a shell does.
    const told = signal ?? (machine.sandbox ? signalOfCode(code) : undefined);
    ended = told ? { code: null, signal: told } : { code, signal };
  });
  // After what it wrote was read, unless something that came of it keeps the pipes.
  child.once("exit", () => setTimeout(() => void kill(), KILL_PAUSE_MS));

  return {
    async confine() {
      if (child.pid === undefined) throw new Bug("a process without a number is confined");
      const below = tree.treeOf(child.pid);
      worker = below.at(-1) ?? child.pid;
      const { groups } = machine;
      if (groups) {
        const more = machine.sandbox ? SANDBOX_PROCESSES : 0;
        const name = `${wanted.name}-${randomBytes(4).toString("hex")}`;
        group = groups.create(name, { ...limits, processes: limits.processes + more });
        for (const pid of below) group.add(pid);
      }
      const isHeld = (what: "memory" | "pids") => groups?.holds.has(what) ?? false;
      const user = process.getuid?.() ?? 0;
      const processes =
        isHeld("pids") || (uid === undefined && user === 0)
          ? undefined
          : limits.processes + (uid === undefined ? tree.threadsOfUser(user) : SANDBOX_PROCESSES);
      const rlimits = {
        ...{ core: 0, nofile: MAX_OPEN_FILES, fsize: MAX_FILE_BYTES, nice: 0 },
        ...(processes === undefined ? {} : { nproc: processes }),
        ...(isHeld("memory")
          ? {}
          : {
              data: tree.dataBytesOf(worker) + limits.memoryMiB * 1_048_576 + DATA_SLACK_BYTES,
            }),
      };
      if (wanted.runtime === "python") return rlimits;
      if (!machine.prlimit || areLimitsOnTheWay(machine, wanted.runtime)) return {};
      const args = Object.entries(rlimits).map(([name, value]) => `--${name}=${value}:${value}`);
      // As the plugin's own user, who may lower what is its own: in a container even root may not do it for another.
      await run(
        machine.prlimit,
        [`--pid=${worker}`, ...args],
        uid === undefined ? {} : { uid, gid: uid, cwd: "/" },
      );
      return {};
    },
    send: (line) => void toChild.write(`${line}\n`),
    use: () =>
      worker === undefined || ended
        ? { pid: null, memoryBytes: null, cpuMs: null }
        : {
            pid: worker,
            memoryBytes: group?.memoryBytes() ?? tree.residentBytesOf(worker),
            cpuMs: tree.cpuMsOf(worker),
          },
    kill,
  };
};

/** {@link PluginProcesses} of this machine. */
export const openPluginProcesses = ({
  top,
  folder,
  allow = { sandbox: true, ownUser: true, groups: true },
  find = findProgram,
  memoryBytes = memoryBytesHere,
}: ProcessesOptions): PluginProcesses => {
  let machine: Machine | undefined;
  let hosts: Hosts | undefined;
  let isLooking = false;
  let found: (machine: Promise<Machine>) => void = () => {};
  const known = new Promise<Machine>((resolve) => {
    found = resolve;
  }).then(async (found) => {
    hosts = await prepareHosts(folder, found);
    machine = found;
  });
  known.catch(() => {}); // whoever looks is told
  const siblings = new Set<Owner>();
  return {
    look() {
      if (!isLooking) found(findMachine(allow, find, top));
      isLooking = true;
      return known;
    },
    ready: () => known,
    describe: () =>
      machine && {
        node: machine.node.version,
        python: machine.python?.version ?? null,
        isolation: isolationOf(machine),
      },
    hasRoom: () => memoryBytes() >= SPARE_FROM_BYTES,
    start(wanted, events) {
      if (!machine || !hosts)
        throw new Bug("a process is started before it is known what can hold it");
      if (wanted.runtime === "python" && !machine.python)
        throw fail("plugin.runtime-missing", {
          runtime: "Python",
          next: "install python3, 3.9 or newer",
        });
      if (wouldBeRoot(machine))
        throw fail("plugin.unheld", {
          next: "install bubblewrap, or keep the agent's data and Node where other users may pass (/var/lib, /usr), then start the agent again",
        });
      if (!wanted.needs.network && !canBeOffline(machine, wanted.runtime))
        throw fail("plugin.network-unheld", {
          next: "install bubblewrap and start the agent again, or let the plugin use the network",
        });
      hosts ??= writeHosts(folder);
      const place = { machine, hosts, top, siblings };
      // What it says and how it ends, a day later, is nothing of the call that started it.
      return outside(() => startOne(place, wanted, events));
    },
  };
};

// The command line that starts a host program: from the outside in, what takes things away, then the interpreter.
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { BoardInfo, PluginManifest } from "@s4t/contract";
import type { ProcessWanted } from "../../plugin-processes.ts";
import { canBeOffline, hasOwnUsers, type Machine, wouldBeRoot } from "./machine.ts";
import { sandboxArguments } from "./sandbox.ts";
import { throughWalls } from "./walls.ts";

/** Longest text of a log line or a reason that the host program sends. */
const MAX_TEXT_LENGTH = 4_096;
/** Longest traceback: its end says where. It travels in an error's details, in one frame of the link. */
export const MAX_TRACE_LENGTH = 8_192;
/** Open files of a plugin: a leak must not use up the board's. */
export const MAX_OPEN_FILES = 1_024;
/** Largest file that a plugin may write: a card has room for a few such. */
export const MAX_FILE_BYTES = 268_435_456;
/**
 * How much nicer than the agent a plugin is: the kernel gives it a third of the processor time that the agent gets where both want
 * it (335 of 1,024, as it weighs a process), so that a loop without end, or many, hardly keeps the agent waiting.
 */
export const PLUGIN_NICE = 5;
/** Largest state of a plugin, as JSON: written as a whole at each change. */
export const MAX_STATE_BYTES = 1_048_576;

export interface Hosts {
  readonly node: string;
  readonly python: string;
}

const nodeArguments = (
  { nodeFlags }: Machine,
  { folder, stateFolder, limits, needs }: ProcessWanted,
  host: string,
): string[] => {
  const known = (flag: string, ...more: string[]) => (nodeFlags.has(flag) ? [flag, ...more] : []);
  const permission = ["--permission", "--experimental-permission"].find((flag) =>
    nodeFlags.has(flag),
  );
  // A path by itself means all that is below it too. The same path with a star beside ends Node 20 at its start.
  const permissions = !permission
    ? []
    : [
        permission,
        `--allow-fs-read=${host}`,
        ...[folder, stateFolder, ...needs.read, ...needs.write].map(
          (path) => `--allow-fs-read=${path}`,
        ),
        ...[stateFolder, ...needs.write].map((path) => `--allow-fs-write=${path}`),
        ...(needs.network ? known("--allow-net") : []),
        ...(needs.children ? known("--allow-child-process") : []),
      ];
  return [
    // Of what a plugin may have, the heap is all but a little: V8 says so in words before the kernel ends it without.
    `--max-old-space-size=${limits.memoryMiB}`,
    // Four threads for a garbage collector are three too many on a board.
    "--v8-pool-size=1",
    ...(nodeFlags.has("--disable-warning")
      ? ["--disable-warning=SecurityWarning", "--disable-warning=ExperimentalWarning"]
      : []),
    ...permissions,
  ];
};

const interpreter = (
  machine: Machine,
  wanted: ProcessWanted,
  hosts: Hosts,
  maxResultBytes: number,
): string[] => {
  const bounds = [
    ...[maxResultBytes, MAX_STATE_BYTES, MAX_TEXT_LENGTH, MAX_TRACE_LENGTH, PLUGIN_NICE],
  ].map(String);
  if (wanted.runtime === "node")
    return [
      machine.node.path,
      ...nodeArguments(machine, wanted, hosts.node),
      hosts.node,
      ...bounds,
    ];
  // Isolated from the user's settings, without `site` until it is needed, and nothing written beside the sources.
  return [machine.python?.path ?? "python3", "-I", "-S", "-B", hosts.python, ...bounds];
};

/** Node stands by itself; what is around it is its own only in a folder with a `bin`: never somebody's home or `/opt`. */
const homeOfNode = (path: string): string =>
  basename(dirname(path)) === "bin" ? dirname(dirname(path)) : path;

/** Where an interpreter outside the system's folders lies. */
const homeOf = (machine: Machine, runtime: PluginManifest["runtime"]): string[] => {
  const home = runtime === "node" ? homeOfNode(machine.node.path) : machine.python?.prefix;
  return home && home !== "/usr" && home !== "/" ? [home] : [];
};

/**
 * Whether limits are set on the way to the interpreter. From outside it costs the start of a program while the plugin waits; but
 * what is counted from how much the interpreter has by itself cannot be said before. Python sets its own.
 */
export const areLimitsOnTheWay = (
  { groups }: Machine,
  runtime: PluginManifest["runtime"],
): boolean =>
  runtime === "node" &&
  groups !== undefined &&
  groups.holds.has("memory") &&
  groups.holds.has("pids");

/** Program and arguments. `uid`: of the plugin's own user; `top`: the agent's folder. */
export const commandOf = (
  machine: Machine,
  wanted: ProcessWanted,
  hosts: Hosts,
  {
    uid,
    top,
    maxResultBytes,
  }: {
    readonly uid: number | undefined;
    readonly top: string;
    readonly maxResultBytes: number;
  },
): string[] => {
  const { setpriv, prlimit, sandbox, isRoot } = machine;
  const { needs, folder, stateFolder, runtime } = wanted;
  const dropped = !setpriv
    ? []
    : [
        setpriv,
        ...["--no-new-privs", "--pdeathsig", "KILL"],
        ...(uid === undefined ? [] : ["--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"]),
        ...(isRoot ? ["--bounding-set=-all", "--inh-caps=-all"] : []),
        "--",
      ];
  const held =
    !prlimit || !areLimitsOnTheWay(machine, runtime)
      ? []
      : [
          ...[prlimit, "--core=0:0", `--nofile=${MAX_OPEN_FILES}:${MAX_OPEN_FILES}`],
          // Of 0 the kernel lets nobody without rights of root take back what was lowered.
          ...[`--fsize=${MAX_FILE_BYTES}:${MAX_FILE_BYTES}`, "--nice=0:0", "--"],
        ];
  const outer = sandbox
    ? [
        sandbox.bwrap,
        ...sandboxArguments({
          ...{ isRoot, hasSize: sandbox.hasSize, network: needs.network },
          read: [...homeOf(machine, runtime), hosts[runtime], folder, ...needs.read],
          write: [stateFolder, ...needs.write],
        }),
        ...["--chdir", stateFolder, "--"],
      ]
    : [];
  const reached = [top, ...homeOf(machine, runtime), ...needs.read, ...needs.write];
  const through =
    sandbox || uid === undefined || !machine.walls
      ? []
      : throughWalls(machine.walls, reached.filter(existsSync), stateFolder);
  const offline = sandbox || needs.network ? [] : (machine.offline ?? []);
  return [
    ...[...held, ...outer, ...through, ...offline, ...dropped],
    ...interpreter(machine, wanted, hosts, maxResultBytes),
  ];
};

/** What a machine reaches, for whoever decides what may run on it. */
export const isolationOf = (machine: Machine): NonNullable<BoardInfo["plugins"]>["isolation"] => {
  const { sandbox, groups, prlimit } = machine;
  const ownUser = hasOwnUsers(machine);
  const limits = groups?.holds.has("memory") ? groups.version : prlimit ? "rlimit" : "none";
  const isBare = limits === "none" || wouldBeRoot(machine);
  const level = sandbox ? "full" : ownUser ? "kernel" : isBare ? "none" : "limits";
  return {
    ...{ level, ownUser, limits },
    sandbox: sandbox !== undefined,
    nodePermissions: ["--permission", "--experimental-permission"].some((flag) =>
      machine.nodeFlags.has(flag),
    ),
    network: canBeOffline(machine, "python"),
    nodeNetwork: canBeOffline(machine, "node"),
  };
};

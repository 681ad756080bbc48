// What this machine can hold a plugin with. Found out by doing it once: a program that is there may still not be allowed to.
import type { PluginManifest } from "@s4t/contract";
import type { Groups } from "./groups.ts";
import { openGroups } from "./groups.ts";
import { findPrograms, findPython, isReachableByOthers, type Python, probe } from "./probe.ts";
import { sandboxArguments } from "./sandbox.ts";
import { FIRST_UID } from "./users.ts";
import { wallBefore } from "./walls.ts";

export interface Machine {
  readonly node: { readonly path: string; readonly version: string };
  readonly python: Python | undefined;
  readonly isRoot: boolean;
  /** Drops user, groups and capabilities, and what would give them back. */
  readonly setpriv: string | undefined;
  /** Sets limits of a process that runs. */
  readonly prlimit: string | undefined;
  readonly sandbox: { readonly bwrap: string; readonly hasSize: boolean } | undefined;
  /** A command before another that takes the network away without a sandbox. */
  readonly offline: readonly string[] | undefined;
  /** Whether other users may pass to Node and to the agent's folder. */
  readonly isWayOpen: boolean;
  /** What makes a view of its own for a plugin that could not pass. */
  readonly walls: { readonly unshare: string; readonly sh: string } | undefined;
  readonly nodeFlags: ReadonlySet<string>;
  readonly groups: Groups | undefined;
}

/** Looks for everything. `allow` and `find` leave out what is there: tests look at each level on one machine. */
export const findMachine = async (
  allow: { readonly sandbox: boolean; readonly ownUser: boolean; readonly groups: boolean },
  find: (name: string) => string | undefined,
  top: string,
): Promise<Machine> => {
  const isRoot = process.getuid?.() === 0 && allow.ownUser;
  const setpriv = find("setpriv");
  const bwrap = allow.sandbox ? find("bwrap") : undefined;
  const unshare = find("unshare");
  const inner = isRoot && setpriv ? [setpriv, "--reuid", String(FIRST_UID)] : [];
  const trySandbox = async () => {
    if (!bwrap) return undefined;
    // Older ones do not bound a file system in memory, and refuse the words for it. Both at once: a machine that lets nobody make
    // namespaces would be asked for each in turn.
    const [sized, plain] = await Promise.all(
      [true, false].map((hasSize) => {
        const args = sandboxArguments({ isRoot, hasSize, network: false, read: [], write: [] });
        return probe(bwrap, [...args, "--", ...inner, find("true") ?? "true"]);
      }),
    );
    if (sized !== undefined) return { bwrap, hasSize: true };
    return plain === undefined ? undefined : { bwrap, hasSize: false };
  };
  const isWayOpen = wallBefore(top) === undefined && isReachableByOthers(process.execPath);
  const tryWalls = async () => {
    const [mount, sh] = [find("mount"), find("sh")];
    if (isWayOpen || !isRoot || !unshare || !mount || !sh) return undefined;
    const args = ["--mount", "--", mount, "-t", "tmpfs", "-o", "mode=755", "s4t", "/mnt"];
    return (await probe(unshare, args)) === undefined ? undefined : { unshare, sh };
  };
  const tryOffline = async () => {
    if (!unshare) return undefined;
    // An ordinary user may do it within a namespace of users, where the kernel lets everybody make one. Nobody else becomes root in it.
    const within = isRoot ? [] : ["--user", "--map-current-user"];
    const command = [unshare, ...within, "--net", "--"];
    const answer = await probe(unshare, [...command.slice(1), find("true") ?? "true"]);
    return answer === undefined ? undefined : command;
  };
  // The first may be too old, and a later one good.
  const pythons = find("python3") === undefined ? [] : findPrograms("python3");
  const [python, sandbox, walls, offline] = await Promise.all([
    findPython(pythons, isRoot),
    trySandbox(),
    tryWalls(),
    tryOffline(),
  ]);
  return {
    node: { path: process.execPath, version: process.versions.node },
    python,
    isRoot,
    setpriv,
    prlimit: find("prlimit"),
    sandbox,
    offline,
    isWayOpen,
    walls,
    nodeFlags: process.allowedNodeEnvironmentFlags,
    groups: allow.groups ? openGroups() : undefined,
  };
};

/** Whether plugins can have users of their own: they must reach the interpreter and their own code. */
export const hasOwnUsers = ({ isRoot, isWayOpen, walls, sandbox }: Machine): boolean =>
  isRoot && (sandbox !== undefined || isWayOpen || walls !== undefined);

/** What keeps plugins of a language from a network that they do not want; Node's permission model knows the network from Node 25 on. */
export const canBeOffline = (
  { sandbox, offline, nodeFlags }: Machine,
  runtime: PluginManifest["runtime"],
): boolean =>
  sandbox !== undefined ||
  offline !== undefined ||
  (runtime === "node" && nodeFlags.has("--permission") && nodeFlags.has("--allow-net"));

/** Whether a plugin would run as root, with all that root may still do without capabilities: none is run then. */
export const wouldBeRoot = (machine: Machine): boolean => machine.isRoot && !hasOwnUsers(machine);

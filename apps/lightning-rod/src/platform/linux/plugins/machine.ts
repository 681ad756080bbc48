// What this machine can hold a plugin with. Found out by doing it once: a program that is there may still not be allowed to.
import type { Groups } from "./groups.ts";
import { openGroups } from "./groups.ts";
import { findProgram, findPython, isReachableByOthers, type Python, probe } from "./probe.ts";
import { sandboxArguments } from "./sandbox.ts";
import { FIRST_UID } from "./users.ts";

export interface Machine {
  readonly node: { readonly path: string; readonly version: string };
  readonly python: Python | undefined;
  readonly isRoot: boolean;
  /** Drops user, groups and capabilities, and what would give them back. */
  readonly setpriv: string | undefined;
  /** Sets limits of a process that runs. */
  readonly prlimit: string | undefined;
  readonly sandbox: { readonly bwrap: string; readonly hasSize: boolean } | undefined;
  /** `unshare`, where it can take the network away without a sandbox. */
  readonly unshare: string | undefined;
  readonly nodeFlags: ReadonlySet<string>;
  readonly groups: Groups | undefined;
}

/** Looks for everything. `allow` leaves out what is there: tests look at each level on one machine. */
export const findMachine = async (allow: {
  readonly sandbox: boolean;
  readonly ownUser: boolean;
  readonly groups: boolean;
}): Promise<Machine> => {
  const isRoot = process.getuid?.() === 0 && allow.ownUser;
  const setpriv = findProgram("setpriv");
  const bwrap = allow.sandbox ? findProgram("bwrap") : undefined;
  const unshare = findProgram("unshare");
  const inner = isRoot && setpriv ? [setpriv, "--reuid", String(FIRST_UID)] : [];
  const trySandbox = async () => {
    if (!bwrap) return undefined;
    // Older ones do not bound a file system in memory, and refuse the words for it.
    for (const hasSize of [true, false]) {
      const args = sandboxArguments({ isRoot, hasSize, network: false, read: [], write: [] });
      const command = [...args, "--", ...inner, findProgram("true") ?? "true"];
      if ((await probe(bwrap, command)) !== undefined) return { bwrap, hasSize };
    }
    return undefined;
  };
  const [python, sandbox, unshareWorks] = await Promise.all([
    findPython(isRoot),
    trySandbox(),
    unshare && isRoot ? probe(unshare, ["--net", "--", findProgram("true") ?? "true"]) : undefined,
  ]);
  return {
    node: { path: process.execPath, version: process.versions.node },
    python,
    isRoot,
    setpriv,
    prlimit: findProgram("prlimit"),
    sandbox,
    unshare: unshareWorks === undefined ? undefined : unshare,
    nodeFlags: process.allowedNodeEnvironmentFlags,
    groups: allow.groups ? openGroups() : undefined,
  };
};

/** Whether plugins can have users of their own: they must reach the interpreter. */
export const hasOwnUsers = ({ isRoot, node, sandbox }: Machine): boolean =>
  isRoot && (sandbox !== undefined || isReachableByOthers(node.path));

// Arguments of bubblewrap: a world of the system's programs, the plugin's own folders and nothing else. Paths are the same inside
// and outside, so that what a plugin says about a file can be looked up.
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";

/** What a plugin may put into /tmp: it is memory. */
export const MAX_TMP_BYTES = 67_108_864;

/** Folders of the system, read only; where the system merged them they are links. */
const systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];
/** What programs look up: names, certificates, time. Never all of /etc, where keys of services lie. */
const lookedUp = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/resolv.conf",
  "/etc/localtime",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/mime.types",
];

export interface SandboxWanted {
  readonly isRoot: boolean;
  /** Whether this bubblewrap bounds a file system in memory; older ones do not. */
  readonly hasSize: boolean;
  readonly network: boolean;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Folders on the way to these, from the top: made by themselves, they let every user through. */
const foldersAbove = (paths: readonly string[]): string[] => {
  const above = new Set<string>();
  for (const path of paths)
    for (let at = dirname(path); at !== "/"; at = dirname(at)) above.add(at);
  return [...above]
    .filter((path) => !systemFolders.some((folder) => `${path}/`.startsWith(`${folder}/`)))
    .sort();
};

/** Everything before `--`. */
export const sandboxArguments = ({ isRoot, hasSize, network, read, write }: SandboxWanted) => [
  ...["--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
  // As root the user is dropped inside, with setpriv: the mounts are made with root's rights and cannot be unmade without.
  ...(isRoot ? [] : ["--unshare-user"]),
  ...(network ? [] : ["--unshare-net"]),
  ...["--unshare-cgroup-try", "--hostname", "plugin"],
  ...systemFolders.flatMap((folder) => {
    if (!existsSync(folder)) return [];
    return lstatSync(folder).isSymbolicLink()
      ? ["--symlink", readlinkSync(folder), folder]
      : ["--ro-bind", folder, folder];
  }),
  ...(hasSize ? ["--perms", "1777", "--size", String(MAX_TMP_BYTES)] : []),
  ...["--tmpfs", "/tmp"],
  ...foldersAbove([...lookedUp, ...read, ...write]).flatMap((path) => ["--dir", path]),
  ...lookedUp.flatMap((path) => ["--ro-bind-try", path, path]),
  ...["--proc", "/proc", "--dev", "/dev"],
  ...read.flatMap((path) => ["--ro-bind-try", path, path]),
  ...write.flatMap((path) => ["--bind-try", path, path]),
  ...["--remount-ro", "/"],
];

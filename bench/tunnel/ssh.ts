// OpenSSH beside ours: `ssh -R`, the reverse tunnel that everybody has. Where sshd is not installed, its Debian package is unpacked into
// a folder of its own. Both run as the user daemon: sshd then needs no
// user of its own, and nobody is locked on some machines.
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../scripts/repository.ts";
import { cpuSecondsOf } from "../harness/machine.ts";

/** Who runs both. */
const DAEMON = 1;

export interface SshPeer {
  /** Public port → the board's port, by cipher. */
  readonly ports: { readonly default: number; readonly aes128: number };
  /** CPU of both ends so far. */
  cpuSeconds(): number;
  stop(): void;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const untilOpen = async (port: number): Promise<void> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new TypeError(`nobody listens on ${port}`);
};

const descendantsOf = (pid: number): number[] => {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return [];
  const children = readFileSync(path, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(descendantsOf)];
};

interface Sshd {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The one of this machine, or its package and those of the libraries that it alone needs. */
const sshdIn = async (folder: string): Promise<Sshd | undefined> => {
  const installed = "/usr/sbin/sshd";
  if (existsSync(installed)) return { program: installed, env: process.env };
  const quiet = { cwd: folder, output: "quiet" } as const;
  const packages = ["openssh-server", "libwrap0", "libnsl2", "libtirpc3"];
  await runProgram("apt-get", ["download", ...packages], quiet);
  for (const archive of globSync("*.deb", { cwd: folder }))
    await runProgram("dpkg", ["-x", archive, join(folder, "root")], quiet);
  const program = join(folder, "root/usr/sbin/sshd");
  if (!existsSync(program)) return undefined;
  const libraries = globSync("root/{usr/,}lib/*-linux-gnu", { cwd: folder });
  const path = libraries.map((name) => join(folder, name)).join(":");
  return { program, env: { ...process.env, LD_LIBRARY_PATH: path } };
};

/** Starts both ends; undefined where there is no OpenSSH to be had. */
export const startSsh = async (servicePort: number): Promise<SshPeer | undefined> => {
  if (!existsSync("/usr/bin/ssh") || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-ssh-"));
  chmodSync(folder, 0o755);
  const children: ChildProcess[] = [];
  const stop = (): void => {
    for (const child of children) child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const sshd = await sshdIn(folder);
    if (sshd === undefined) {
      stop();
      return undefined;
    }
    const file = (name: string) => join(folder, name);
    for (const name of ["host", "user"]) {
      await runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
      for (const made of [file(name), file(`${name}.pub`)]) chownSync(made, DAEMON, DAEMON);
    }
    const port = await freePort();
    const settings = {
      Port: port,
      ListenAddress: "127.0.0.1",
      HostKey: file("host"),
      AuthorizedKeysFile: file("user.pub"),
      PidFile: "none",
      StrictModes: "no",
      UsePAM: "no",
      PasswordAuthentication: "no",
      AllowTcpForwarding: "yes",
      MaxSessions: 100,
      MaxStartups: 100,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
    writeFileSync(file("sshd_config"), `${lines.join("\n")}\n`, { mode: 0o644 });
    const start = (program: string, args: readonly string[]): ChildProcess => {
      const as = { uid: DAEMON, gid: DAEMON, env: sshd.env } as const;
      const child = spawn(program, args, { stdio: "ignore", ...as });
      children.push(child);
      return child;
    };
    // `-r`: a session is served by the process that took it, with its libraries.
    const server = start(sshd.program, ["-r", "-D", "-f", file("sshd_config")]);
    await untilOpen(port);
    const dial = async (cipher: readonly string[]): Promise<number> => {
      const publicPort = await freePort();
      const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
      options.push("ExitOnForwardFailure=yes", "BatchMode=yes", "Compression=no");
      start("/usr/bin/ssh", [
        ...["-N", "-F", "none", "-i", file("user"), "-p", String(port), ...cipher],
        ...options.flatMap((option) => ["-o", option]),
        ...["-R", `127.0.0.1:${publicPort}:127.0.0.1:${servicePort}`, "daemon@127.0.0.1"],
      ]);
      await untilOpen(publicPort);
      return publicPort;
    };
    const ports = {
      default: await dial([]),
      aes128: await dial(["-c", "aes128-gcm@openssh.com"]),
    };
    const [, ...clients] = children;
    return {
      ports,
      cpuSeconds: () =>
        [...descendantsOf(server.pid as number), ...clients.map(({ pid }) => pid as number)]
          .map(cpuSecondsOf)
          .reduce((sum, seconds) => sum + seconds, 0),
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
};

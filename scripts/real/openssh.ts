// A real SSH server on loopback for the real lane: the machine's own program, or Debian's package unpacked into `.cache/`. It runs in
// mounts of its own, where its users are: nothing of this machine's is changed.
import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { root, runProgram } from "../repository.ts";

const unpacked = join(root, ".cache/real/openssh");
const libraries = join(unpacked, "usr/lib/x86_64-linux-gnu");
const startTimeoutMs = 10_000;

const bring = async (say: (line: string) => void): Promise<string | undefined> => {
  const found = ["/usr/sbin/sshd", join(unpacked, "usr/sbin/sshd")].find((path) =>
    existsSync(path),
  );
  if (found) return found;
  say("Bringing OpenSSH …");
  mkdirSync(unpacked, { recursive: true });
  await runProgram("apt-get", ["update", "-qq"], { output: "quiet" });
  const packages = ["openssh-server", "openssh-sftp-server", "libwrap0"];
  const { code, output } = await runProgram("apt-get", ["download", "-qq", ...packages], {
    cwd: unpacked,
    output: "quiet",
  });
  if (code !== 0) {
    say(output.slice(-1_000));
    return undefined;
  }
  for (const file of globSync(`${unpacked}/*.deb`)) {
    await runProgram("dpkg", ["-x", file, unpacked], { output: "quiet" });
    rmSync(file);
  }
  return join(unpacked, "usr/sbin/sshd");
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

const untilListening = async (port: number, child: ChildProcess): Promise<void> => {
  const ends = performance.now() + startTimeoutMs;
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    if (child.exitCode !== null || performance.now() > ends)
      throw new Error("the SSH server did not come up");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export interface RunningSshd {
  readonly port: number;
  /** Private key that root may come in with. */
  readonly key: string;
  stop(): Promise<void>;
}

/** Starts one in a folder, or says why not. Needs root. */
export const startSshd = async (
  folder: string,
  say: (line: string) => void,
): Promise<RunningSshd | undefined> => {
  const program = await bring(say);
  if (!program) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(folder, name);
  for (const name of ["host", "user"])
    await runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(name)], {
      output: "quiet",
    });
  copyFileSync(path("user.pub"), path("authorized"));
  const users = readFileSync("/etc/passwd", "utf8");
  writeFileSync(
    path("passwd"),
    /^sshd:/m.test(users) ? users : `${users}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`,
  );
  const port = await freePort();
  const sftp = ["/usr/lib/openssh/sftp-server", join(unpacked, "usr/lib/openssh/sftp-server")].find(
    (each) => existsSync(each),
  );
  writeFileSync(
    path("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${path("host")}`,
      `AuthorizedKeysFile ${path("authorized")}`,
      "StrictModes no",
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "UsePAM no",
      `PidFile ${path("pid")}`,
      `Subsystem sftp ${sftp}`,
      "",
    ].join("\n"),
  );
  const inside = `mount --bind "$1" /etc/passwd && mkdir -p /run/sshd && exec "$2" -D -e -f "$3"`;
  const child = spawn(
    "unshare",
    ["--mount", "sh", "-c", inside, "sshd", path("passwd"), program, path("config")],
    {
      env: {
        PATH: process.env.PATH,
        ...(program.startsWith(unpacked) ? { LD_LIBRARY_PATH: libraries } : {}),
      },
      stdio: "ignore",
    },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await untilListening(port, child);
  return {
    port,
    key: path("user"),
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
};

// A real PostgreSQL on loopback for the real lane: the machine's own programs, or Debian's package unpacked into `.cache/`.
import { spawn } from "node:child_process";
import { chmodSync, chownSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { root, runProgram } from "../repository.ts";

const unpacked = join(root, ".cache/real/postgresql");
/** Sixteen test files at once, each with a cloud or two at their pools' full size of 14. */
const mostConnections = 500;
/** nobody: a server may not run as root. */
const nobody = 65_534;

const findPrograms = (): string | undefined =>
  globSync(["/usr/lib/postgresql/*/bin/postgres", `${unpacked}/usr/lib/postgresql/*/bin/postgres`])
    .sort()
    .at(-1)
    ?.replace(/\/postgres$/, "");

const bring = async (say: (line: string) => void): Promise<string | undefined> => {
  const found = findPrograms();
  if (found) return found;
  say("Bringing PostgreSQL …");
  mkdirSync(unpacked, { recursive: true });
  await runProgram("apt-get", ["update", "-qq"], { output: "quiet" });
  const { output } = await runProgram(
    "apt-cache",
    [
      "depends",
      "--recurse",
      "--no-recommends",
      "--no-suggests",
      "--no-conflicts",
      "--no-breaks",
      "--no-replaces",
      "--no-enhances",
      "postgresql-15",
    ],
    { output: "quiet" },
  );
  const wanted = [
    ...new Set(
      output.match(
        /^(postgresql-15|postgresql-client-15|libpq5|libllvm\d+|libicu\d+|libxml2|libxslt1\.1|libldap-2\.5-0|libsasl2-2|libz3-4|libedit2|libbsd0|libmd0|libgssapi-krb5-2|libkrb5-3|libk5crypto3|libkrb5support0|libkeyutils1|libcom-err2)$/gm,
      ) ?? [],
    ),
  ];
  const { code, output: words } = await runProgram("apt-get", ["download", "-qq", ...wanted], {
    cwd: unpacked,
    output: "quiet",
  });
  if (code !== 0) {
    say(words.slice(-1_000));
    return undefined;
  }
  for (const file of globSync(`${unpacked}/*.deb`)) {
    await runProgram("dpkg", ["-x", file, unpacked], { output: "quiet" });
    rmSync(file);
  }
  return findPrograms();
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

export interface RunningPostgres {
  readonly url: string;
  /** Ends the server at once and starts it again on the same data, as a crash would. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one, or says why not. */
export const startPostgres = async (
  say: (line: string) => void,
): Promise<RunningPostgres | undefined> => {
  const programs = await bring(say);
  if (!programs) return undefined;
  const folder = mkdtempSync("/tmp/s4t-postgres-");
  const asRoot = process.getuid?.() === 0;
  chmodSync(folder, 0o755);
  if (asRoot) chownSync(folder, nobody, nobody);
  const data = join(folder, "data");
  const libraries = join(unpacked, "usr/lib/x86_64-linux-gnu");
  const env = {
    ...process.env,
    LC_ALL: "C.UTF-8",
    ...(programs.startsWith(unpacked) ? { LD_LIBRARY_PATH: libraries } : {}),
  };
  const identity = asRoot ? { uid: nobody, gid: nobody } : {};
  const run = (name: string, args: string[]) =>
    new Promise<number>((resolve) =>
      spawn(join(programs, name), args, { cwd: folder, env, stdio: "ignore", ...identity }).on(
        "close",
        (code) => resolve(code ?? 1),
      ),
    );
  if (
    (await run("initdb", [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--no-sync",
    ])) !== 0
  )
    return undefined;
  const port = await freePort();
  const launch = async () => {
    const child = spawn(
      join(programs, "postgres"),
      [
        "-D",
        data,
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-k",
        folder,
        "-N",
        String(mostConnections),
      ],
      { cwd: folder, env, stdio: "ignore", ...identity },
    );
    for (let i = 0; i < 200 && child.exitCode === null; i += 1) {
      if (
        (await run("psql", [
          "-h",
          "127.0.0.1",
          "-p",
          String(port),
          "-U",
          "postgres",
          "-c",
          "select 1",
        ])) === 0
      )
        return child;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return child;
  };
  let child = await launch();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async restart() {
      await end("SIGQUIT"); // immediate: what is not in its log is lost, as at a crash
      child = await launch();
    },
    async stop() {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

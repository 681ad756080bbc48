// OpenStack's own programs for the real lane: its client, and a Keystone.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { runProgram } from "../repository.ts";
import { bringUnpacked, debianPython, unpackedProgram } from "./unpacked.ts";

/** The program `openstack`; undefined where it was not brought. */
export const openstackClient = () => unpackedProgram("python3-openstackclient", "openstack");

/** Brings what the suites with OpenStack need. */
export const bringOpenstack = async (say: (line: string) => void): Promise<void> => {
  await bringUnpacked("python3-openstackclient", "openstack", say);
  await bringUnpacked("python3-keystone", "keystone-manage", say);
  await bringUnpacked("uwsgi-plugin-python3", "uwsgi-core", say);
};

/** How long a Keystone may take to answer first: its set-up is minutes of a busy machine. */
const startTimeoutMs = 120_000;

export interface RunningKeystone {
  /** What `/v3` comes behind. */
  readonly url: string;
  /** Password of its first administrator, `admin` in the project `admin`. */
  readonly password: string;
  /** Puts it to rest, with everything that it keeps. */
  rest(): Promise<void>;
  /** Wakes it up at the same address; `tokenLifeS`: how long its tokens last from now on. */
  wake(settings?: { readonly tokenLifeS: number }): Promise<void>;
  /** Takes its keys a step on, as is done every few days. */
  rotateKeys(): Promise<void>;
  /** Makes keys anew, of which none knows what those before made. */
  replaceKeys(): Promise<void>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Few rounds and a cache: this one is asked, not attacked. */
const configOf = (folder: string, tokenLifeS: number): string =>
  `[DEFAULT]
log_dir = ${folder}/log
[database]
connection = sqlite:///${folder}/keystone.db
[identity]
password_hash_rounds = 4
[token]
provider = fernet
expiration = ${tokenLifeS}
[fernet_tokens]
key_repository = ${folder}/fernet
[credential]
key_repository = ${folder}/credential
[cache]
enabled = true
backend = dogpile.cache.memory
`;

const untilAnswers = async (url: string, child: ChildProcess): Promise<void> => {
  const ends = performance.now() + startTimeoutMs;
  for (;;) {
    const status = await fetch(`${url}/v3`).then(
      ({ status }) => status,
      () => 0,
    );
    if (status === 200) return;
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > ends)
      throw new Error(`Keystone did not come up: ${child.exitCode}, ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** What serves it: uWSGI with one process, so that what its cache has is one thing. */
const serverOf = (folder: string, port: string) => {
  const server = unpackedProgram("python3-keystone", "keystone-wsgi-public");
  const uwsgi = unpackedProgram("uwsgi-plugin-python3", "uwsgi-core");
  if (!server || !uwsgi) throw new Error("Keystone is not there: npm run test:real brings it");
  const own = dirname(dirname(dirname(uwsgi.program)));
  const libraries = ["lib", "usr/lib"].map((each) => join(own, each, "x86_64-linux-gnu"));
  return spawn(
    uwsgi.program,
    [
      ...["--plugins-dir", join(own, "usr/lib/uwsgi/plugins"), "--plugin", "python311"],
      ...["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", server.program],
      ...["--master", "--processes", "1", "--threads", "1", "--need-app", "--die-on-term"],
      ...["--lazy-apps", "--buffer-size", "65535", "--disable-logging"],
    ],
    {
      env: {
        ...{ ...process.env, ...server.env, LD_LIBRARY_PATH: libraries.join(":") },
        ...{ OS_KEYSTONE_CONFIG_DIR: folder, OS_KEYSTONE_CONFIG_FILES: "keystone.conf" },
      },
      stdio: "ignore",
    },
  );
};

/** Sets a Keystone up on SQLite and starts it on loopback. Throws where it was not brought, or does not come up. */
export const startKeystone = async (): Promise<RunningKeystone> => {
  const program = unpackedProgram("python3-keystone", "keystone-manage");
  if (!program) throw new Error("Keystone is not there: npm run test:real brings it");
  const folder = mkdtempSync(join(tmpdir(), "s4t-keystone-"));
  for (const name of ["fernet", "credential", "log"])
    mkdirSync(join(folder, name), { mode: 0o700 });
  const configure = (tokenLifeS = 3_600): void =>
    writeFileSync(join(folder, "keystone.conf"), configOf(folder, tokenLifeS));
  configure();
  const password = "a password of the bootstrap";
  const url = `http://127.0.0.1:${await freePort()}`;
  const { username } = userInfo();
  const owner = ["--keystone-user", username, "--keystone-group", username];
  const manage = async (...args: readonly string[]): Promise<void> => {
    const { code, output } = await runProgram(
      debianPython,
      [program.program, "--config-file", join(folder, "keystone.conf"), ...args],
      { env: { ...process.env, ...program.env }, output: "quiet" },
    );
    if (code !== 0) throw new Error(`keystone-manage ${args[0]}: ${output.slice(-2_000)}`);
  };
  await manage("db_sync");
  await manage("fernet_setup", ...owner);
  await manage("credential_setup", ...owner);
  await manage(
    ...["bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", "RegionOne"],
    ...["admin", "internal", "public"].flatMap((face) => [`--bootstrap-${face}-url`, `${url}/v3`]),
  );
  let child: ChildProcess | undefined;
  const rest = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGTERM");
    await ended;
  };
  const stop = async (): Promise<void> => {
    await rest();
    rmSync(folder, { recursive: true, force: true });
  };
  const wake: RunningKeystone["wake"] = async (settings) => {
    configure(settings?.tokenLifeS);
    child = serverOf(folder, new URL(url).port);
    await untilAnswers(url, child);
  };
  try {
    await wake();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ url, password, rest, wake, stop },
    rotateKeys: () => manage("fernet_rotate", ...owner),
    async replaceKeys() {
      rmSync(join(folder, "fernet"), { recursive: true });
      mkdirSync(join(folder, "fernet"), { mode: 0o700 });
      await manage("fernet_setup", ...owner);
    },
  };
};

// OpenStack's own programs for the real lane: its client, and a Keystone.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { runProgram } from "../repository.ts";
import { bringUnpacked, debianPython, unpackedProgram } from "./unpacked.ts";

/** The program `openstack`; undefined where it was not brought. */
export const openstackClient = () => unpackedProgram("python3-openstackclient", "openstack");

/** Brings what the suites with OpenStack need. */
export const bringOpenstack = async (say: (line: string) => void): Promise<void> => {
  await bringUnpacked("python3-openstackclient", "openstack", say);
  await bringUnpacked("python3-keystone", "keystone-manage", say);
};

/** How long a Keystone may take to answer first: its set-up is minutes of a busy machine. */
const startTimeoutMs = 120_000;

export interface RunningKeystone {
  /** What `/v3` comes behind. */
  readonly url: string;
  /** Password of its first administrator, `admin` in the project `admin`. */
  readonly password: string;
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
const configOf = (folder: string): string =>
  `[DEFAULT]
log_dir = ${folder}/log
[database]
connection = sqlite:///${folder}/keystone.db
[identity]
password_hash_rounds = 4
[token]
provider = fernet
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
    if (child.exitCode !== null || performance.now() > ends)
      throw new Error(`Keystone did not come up: ${child.exitCode}, ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** Sets a Keystone up on SQLite and starts it on loopback. Throws where it was not brought, or does not come up. */
export const startKeystone = async (): Promise<RunningKeystone> => {
  const manage = unpackedProgram("python3-keystone", "keystone-manage");
  const server = unpackedProgram("python3-keystone", "keystone-wsgi-public");
  if (!manage || !server) throw new Error("Keystone is not there: npm run test:real brings it");
  const folder = mkdtempSync(join(tmpdir(), "s4t-keystone-"));
  for (const name of ["fernet", "credential", "log"])
    mkdirSync(join(folder, name), { mode: 0o700 });
  writeFileSync(join(folder, "keystone.conf"), configOf(folder));
  const password = "a password of the bootstrap";
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { ...process.env, ...manage.env };
  const { username } = userInfo();
  const owner = ["--keystone-user", username, "--keystone-group", username];
  for (const args of [
    ["db_sync"],
    ["fernet_setup", ...owner],
    ["credential_setup", ...owner],
    [
      ...["bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", "RegionOne"],
      ...["admin", "internal", "public"].flatMap((face) => [
        `--bootstrap-${face}-url`,
        `${url}/v3`,
      ]),
    ],
  ]) {
    const { code, output } = await runProgram(
      debianPython,
      [manage.program, "--config-file", join(folder, "keystone.conf"), ...args],
      { env, output: "quiet" },
    );
    if (code !== 0) throw new Error(`keystone-manage ${args[0]}: ${output.slice(-2_000)}`);
  }
  const child = spawn(
    debianPython,
    [server.program, "--host", "127.0.0.1", "--port", new URL(url).port],
    {
      env: {
        ...env,
        OS_KEYSTONE_CONFIG_DIR: folder,
        OS_KEYSTONE_CONFIG_FILES: "keystone.conf",
      },
      stdio: "ignore",
    },
  );
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    if (child.exitCode === null) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswers(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, password, stop };
};

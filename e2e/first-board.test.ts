// The first ten minutes, with the real programs: a cloud on an empty folder, this machine as its board, and every command that
// the start prints, pasted as it stands.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { finish, isRunning, paste, pasteAndWait, until } from "./s4t.ts";

let folder: ReturnType<typeof temporaryFolder>;
let cloud: RunningCloud | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await cloud?.kill("SIGTERM");
  cloud = undefined;
  folder.remove();
});

const data = () => join(folder.path, "data");
/** The user's home is the test's: the command line finds the cloud by what the start left there. */
const home = () => ({ HOME: folder.path });
const start = async (): Promise<RunningCloud> => {
  cloud = await startCloud(data(), { args: ["--board", "auto"], env: home() });
  return cloud;
};
const hasPython = (): boolean =>
  spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;
/** Languages that this machine runs plugins in. */
const runtimes = (): string[] => ["node", ...(hasPython() ? ["python"] : [])];
/** Lines to paste, out of what the start printed. */
const printed = (said: string): string[] =>
  [...said.matchAll(/^ {16}((?:S4T_DATA=\S+ )?\.\/s4t .+)$/gm)].map(([, line]) => line ?? "");

it("shows this machine as a board, and every printed command works", async () => {
  const running = await start();
  const said = running.said();
  const commands = printed(said);
  const verbs = commands.map((line) => /\/s4t ((?:audit|board|plugin) \w+|\w+)/.exec(line)?.[1]);
  expect(verbs).toEqual([
    ...["board list", "board ping", "board info", "board watch"],
    ...runtimes().flatMap(() => ["plugin create", "plugin inject", "plugin call"]),
    ...["audit verify", "shell", "forward"],
  ]);
  const forward = commands.find((command) => command.includes(" forward ")) ?? "";
  for (const command of commands) {
    if (command === forward) continue;
    const { code, out, err } = await pasteAndWait(command, home());
    expect([command, code, err]).toEqual([command, 0, ""]);
    expect(out).not.toBe("");
  }
  // Code in each language that this machine has, and its answer.
  for (const runtime of runtimes()) {
    const line = commands.find(
      (command) => command.includes(` plugin call `) && command.includes(runtime),
    );
    const { out } = await pasteAndWait(`${line} --json`, home());
    expect(JSON.parse(out)).toMatchObject({ status: "done", result: { result: { hello: "you" } } });
  }
  // A port of the board, here, until it is left.
  const held = paste(forward, home());
  const left = finish(held);
  const here = /forward \S+ (\d+):/.exec(forward)?.[1];
  const shown = await until(
    () =>
      fetch(`http://127.0.0.1:${here}/healthz`).then(
        (answer) => answer.text(),
        () => "",
      ),
    (text) => text !== "",
    15_000,
  );
  expect(shown).toContain("ok");
  held.kill("SIGINT");
  await left;
  // Whoever lists the processes of this machine learns no enrolment.
  const pid = readFileSync(join(data(), "agent/agent.pid"), "utf8");
  const [, ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  expect(args).toContain("--enrol");
  expect(args.join(" ")).not.toContain("s4t1:");
  const list = JSON.parse((await pasteAndWait("./s4t board list --json", home())).out);
  expect(list).toEqual([
    expect.objectContaining({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: /This machine {2}is the board (\S+)/.exec(said)?.[1],
      status: "online",
    }),
  ]);
}, 120_000);

it("signs in once by the printed link, and keeps the password to its user", async () => {
  const running = await start();
  const code = /sign-in#(\S+)/.exec(running.said())?.[1];
  const use = () => running.call("POST", "/api/session", { method: "link", code });
  expect((await use()).status).toBe(200);
  expect(await use()).toMatchObject({ status: 401, body: { code: "auth.link-invalid" } });
  const admin = join(data(), "admin.json");
  expect(statSync(admin).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(admin, "utf8"))).toMatchObject({
    username: expect.any(String),
    password: expect.any(String),
    url: running.url,
  });
});

it("keeps everything over a restart, is quickly back, and leaves nothing running", async () => {
  const first = await start();
  await first.signIn();
  const before = (await first.call("GET", "/api/boards")).body.items;
  const agent = Number(readFileSync(join(data(), "agent/agent.pid"), "utf8"));
  const began = performance.now();
  expect((await first.kill("SIGTERM")).code).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(isRunning(agent)).toBe(false);
  const again = await start();
  expect(again.readyMs).toBeLessThan(5_000);
  await again.signIn();
  const boards = await until(
    async () => (await again.call("GET", "/api/boards")).body.items,
    ([board]) => board?.status === "online",
    10_000,
  );
  expect(boards.map(({ uuid }: { uuid: string }) => uuid)).toEqual(
    before.map(({ uuid }: { uuid: string }) => uuid),
  );
}, 40_000);

it("takes a second board in the foreground, which ends cleanly, and refuses its code to a third", async () => {
  await start();
  const made = JSON.parse((await pasteAndWait("./s4t board create two --json", home())).out);
  const run = (name: string) =>
    `./s4t agent run --enrol ${made.enrolment} --data ${join(folder.path, name)}`;
  // The string by standard input, which no list of processes shows.
  const agent = paste(
    `./s4t agent run --enrol - --data ${join(folder.path, "two")}`,
    home(),
    "pipe",
  );
  agent.stdin?.write(`${made.enrolment}\n`);
  const stateOf = async (name: string): Promise<string> =>
    JSON.parse((await pasteAndWait(`./s4t board show ${name} --json`, home())).out).status;
  await until(
    () => stateOf("two"),
    (state) => state === "online",
    20_000,
  );
  const third = await pasteAndWait(run("three"), home());
  expect(third.code).toBe(77);
  expect(third.err).toContain("enrolment.used");
  const began = performance.now();
  const ended = finish(agent);
  agent.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  await until(
    () => stateOf("two"),
    (state) => state === "offline",
    10_000,
  );
  expect(existsSync(join(folder.path, "three/identity.json"))).toBe(false);
}, 60_000);

it("does not reboot the machine that it runs on, and restarts its agent", async () => {
  const running = await start();
  await running.signIn();
  const [own] = (await running.call("GET", "/api/boards")).body.items;
  const ask = (verb: string) =>
    running.call("POST", `/api/boards/${own.uuid}/${verb}`, {}, { prefer: "wait=10" });
  const refused = await ask("reboot");
  expect(refused.body).toMatchObject({
    status: "failed",
    problem: { code: "board.power-disabled" },
  });
  const restarted = await ask("restart");
  expect(restarted.body).toMatchObject({ status: "done" });
  await until(
    async () => (await running.call("GET", `/api/boards/${own.uuid}`)).body.connectivity.epoch,
    (epoch) => epoch > own.connectivity.epoch,
    15_000,
  );
}, 40_000);

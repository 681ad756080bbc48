// Restarting an agent and rebooting its machine, asked for through REST and by the command line, of the real programs. The machine's
// reboot is a script that leaves a mark and takes the agent down, as a machine that goes down does.
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { isRunning, pasteAndWait, until } from "./s4t.ts";

const folder = temporaryFolder();
const mark = join(folder.path, "went-down");
const script = join(folder.path, "reboot.sh");
let cloud: RunningCloud;
let agents: RunningAgent[] = [];

beforeAll(async () => {
  writeFileSync(script, `#!/bin/sh\necho "$1" >"${mark}"\nkill -KILL "$PPID"\n`);
  chmodSync(script, 0o755);
  cloud = await startCloud(join(folder.path, "cloud"));
  await cloud.signIn();
});
afterAll(async () => {
  await Promise.all(agents.map((each) => each.kill("SIGTERM")));
  await cloud.kill("SIGTERM");
  folder.remove();
});

const show = async (uuid: string) => (await cloud.call("GET", `/api/boards/${uuid}`)).body;
const online = (uuid: string) =>
  until(
    () => show(uuid),
    ({ status }) => status === "online",
    15_000,
  );
const run = (name: string, ...args: readonly string[]): RunningAgent => {
  const one = startAgent(join(folder.path, name), args);
  agents = [...agents.filter(({ child }) => child.exitCode === null), one];
  return one;
};
/** A board that is online, with what its owner allows. */
const openBoard = async (name: string, ...args: readonly string[]) => {
  const { uuid, enrolment } = await registerBoard(cloud, name);
  const agent = run(name, "--enrol", enrolment, ...args);
  await online(uuid);
  return { uuid, agent };
};
const ask = async (uuid: string, verb: string) =>
  (await cloud.call("POST", `/api/boards/${uuid}/${verb}`, {}, { prefer: "wait=10" })).body;
const s4t = (line: string) =>
  pasteAndWait(`./s4t ${line}`, { S4T_DATA: join(folder.path, "cloud"), HOME: folder.path });
const command = ["--reboot-command", JSON.stringify([script, "by order"])];

it("a reboot runs the command that the owner configured, shows the board as busy meanwhile, and as online when it is back", async () => {
  const { uuid, agent } = await openBoard("lamp", ...command);
  const { body: info } = await cloud.call("GET", `/api/boards/${uuid}/info`);
  expect(info.canReboot).toBe(true);
  expect(await ask(uuid, "reboot")).toMatchObject({
    status: "done",
    result: { backWithinS: expect.any(Number) },
  });
  await agent.ended;
  expect(existsSync(mark)).toBe(true);
  await until(
    () => show(uuid),
    ({ status, why }) => status === "busy" && why.code === "restarting",
    10_000,
  );
  run("lamp", ...command);
  await online(uuid);
}, 40_000);

it("the command line reboots too, once it is sure, and succeeds", async () => {
  const { agent } = await openBoard("post", ...command);
  rmSync(mark, { force: true });
  const unsure = await s4t("board reboot post");
  expect(unsure.code).not.toBe(0);
  expect(existsSync(mark)).toBe(false);
  const { code, out, err } = await s4t("board reboot post --yes");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("done");
  await agent.ended;
  expect(existsSync(mark)).toBe(true);
}, 40_000);

it("an agent without a reboot command refuses by its code, through REST and by the command line", async () => {
  const { uuid, agent } = await openBoard("fixed");
  expect(await ask(uuid, "reboot")).toMatchObject({
    status: "failed",
    problem: { code: "board.power-disabled" },
  });
  const { code, err } = await s4t("board reboot fixed --yes");
  expect(code).toBe(77);
  expect(err).toContain("board.power-disabled");
  expect(isRunning(agent.child.pid ?? 0)).toBe(true);
}, 30_000);

it("a reboot command that cannot be started is told as the board's failure", async () => {
  const nothing = JSON.stringify([join(folder.path, "no-such-program")]);
  const { uuid } = await openBoard("broken", "--reboot-command", nothing);
  expect(await ask(uuid, "reboot")).toMatchObject({
    status: "failed",
    problem: { code: "board.failed", sentence: expect.stringContaining("no-such-program") },
  });
}, 30_000);

it("a restart by the command line gives the board a new session of the same agent", async () => {
  const { uuid, agent } = await openBoard("again");
  const { epoch } = (await show(uuid)).connectivity;
  const { code, err } = await s4t("board restart again");
  expect([code, err]).toEqual([0, ""]);
  await until(
    () => show(uuid),
    (board) => board.status === "online" && board.connectivity.epoch > epoch,
    15_000,
  );
  expect(isRunning(agent.child.pid ?? 0)).toBe(true);
}, 30_000);

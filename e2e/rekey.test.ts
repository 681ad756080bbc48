// Another key in the place of a project's present one, on real boards: what ran goes on, a board that was away follows when it is
// back, and what the earlier key signed is taken by none of them, whoever has the cloud.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { isThere, stateOf } from "./board.ts";
import { askDatabase } from "./database.ts";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let away: RunningAgent;
const uuids: Record<string, string> = {};
const of = (name: string): string => join(stage.folder, name);
const json = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code, err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
};
const targetOf = async (board: string) =>
  (await stage.cloud.call("GET", `/api/boards/${uuids[board]}/target`)).body;
const settled = (board: string) =>
  until(
    () => targetOf(board),
    ({ wanted, reached }) => wanted === reached,
    30_000,
  );
const online = (board: string) =>
  until(() => stateOf(stage.cloud, uuids[board] ?? ""), isThere, 30_000);
const answers = (board: string) =>
  until(
    async () => (await stage.s4t(`plugin call ${board} greet --json`)).out,
    (out) => out.includes("hello"),
    30_000,
  );
/** Key that signed the version of the plugin, and how, as the cloud's database has it. */
const signed = async () =>
  (
    await askDatabase(
      of("cloud"),
      "select signed_by, signature from plugins_versions where number = 1",
    )
  )[0] as { signed_by: string; signature: string };
/** Puts a signature there past the cloud, and lets the boards look again. */
const forge = async (by: { signed_by: string; signature: string }): Promise<void> => {
  await stage.stopCloud();
  const { signed_by: key, signature } = by;
  await askDatabase(
    of("cloud"),
    `update plugins_versions set signed_by = '${key}', signature = '${signature}' where number = 1`,
  );
  await askDatabase(of("cloud"), "update boards set target_wanted = target_wanted + 1");
  await stage.startCloud();
};
const entryOf = async (board: string, key: string) =>
  (await targetOf(board)).entries.find((entry: { key: string }) => entry.key === key);
const refuses = (board: string) =>
  until(
    async () => (await entryOf(board, "plugins/greet"))?.problem?.code,
    (code) => code === "plugin.signature-invalid",
    30_000,
  );

beforeAll(async () => {
  stage = await openStage();
  uuids.lamp = stage.uuid;
  const { uuid, enrolment } = await registerBoard(stage.cloud, "away");
  uuids.away = uuid;
  away = startAgent(of("away"), ["--enrol", enrolment]);
  await online("away");
  writeFileSync(of("greet.mjs"), "export default () => 'hello';\n");
  await json(`plugin create ${of("greet.mjs")} --name greet`);
  for (const board of ["lamp", "away"]) {
    await json(`plugin inject ${board} greet`);
    await answers(board);
  }
}, 240_000);
afterAll(async () => {
  await away?.kill("SIGTERM");
  await stage?.end();
});

it("the boards of a managed project follow to the cloud's next key, also one that was away, and take nothing of the earlier one's", async () => {
  const before = await signed();
  await away.kill("SIGTERM");
  const { key, level } = await json("project rekey default --yes");
  expect(level).toBe("managed");
  expect((await signed()).signed_by).toBe(key);
  await settled("lamp");
  await answers("lamp");
  away = startAgent(of("away"));
  await online("away");
  await settled("away");
  await answers("away");
  const now = await signed();
  await forge(before);
  await online("away");
  for (const board of ["lamp", "away"]) await refuses(board);
  await forge(now);
  await online("away");
  for (const board of ["lamp", "away"]) await answers(board);
}, 240_000);

it("of a sealed project the owner replaces the key: grants and versions of the earlier one are good no more", async () => {
  const [first, second] = [of("first.key"), of("second.key")];
  await json(`project seal default --key ${first} --yes`);
  await settled("lamp");
  await answers("lamp");
  expect((await stage.s4t(`file list lamp --key ${first}`)).code).toBe(0);
  const before = await signed();
  const shell = stage.start(`shell lamp --key ${first}`, "pipe");
  const heard = heardFrom(shell);
  const left = new Promise<number | null>((resolve) => shell.once("close", resolve));
  shell.stdin?.write("echo in-$((40 + 2))\n");
  await until(heard.out, (text) => text.includes("in-42"), 30_000);
  const alone = await stage.s4t("project rekey default --yes");
  expect([alone.code === 0, alone.err]).toEqual([false, expect.stringContaining("project.sealed")]);
  const { key, level } = await json(
    `project rekey default --key ${first} --new-key ${second} --yes`,
  );
  expect([level, JSON.parse(readFileSync(second, "utf8")).publicKey]).toEqual(["sealed", key]);
  await settled("lamp");
  expect(await left).not.toBe(0);
  expect(heard.err()).toContain("stream.ended");
  await answers("lamp");
  const earlier = await stage.s4t(`file list lamp --key ${first}`);
  expect([earlier.code, earlier.err]).toEqual([77, expect.stringContaining("board.sealed")]);
  // The next key's file knows the boards already: nobody is met for the first time.
  const present = await stage.s4t(`file list lamp --key ${second}`);
  expect([present.code, present.err]).toEqual([0, "The folder is empty.\n"]);
  await forge(before);
  await refuses("lamp");
}, 240_000);

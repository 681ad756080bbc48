// One entry of a target that fails leaves the others applied, with the real programs: what a newer cloud might want of a board, and
// what this agent cannot do, shows in the API and by the command line, and is over when the cloud wants something else.
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { askDatabase } from "./database.ts";
import { freePort, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { pasteAndWait, until } from "./s4t.ts";

let folder: ReturnType<typeof temporaryFolder>;
let cloud: RunningCloud;
let agent: RunningAgent;
let uuid: string;
let options: { readonly args: readonly string[] };
beforeEach(async () => {
  folder = temporaryFolder();
  options = { args: ["--port", String(await freePort())] };
  cloud = await startCloud(join(folder.path, "cloud"), options);
  await cloud.signIn();
  const board = await registerBoard(cloud, "lamp");
  uuid = board.uuid;
  agent = startAgent(join(folder.path, "agent"), ["--enrol", board.enrolment]);
  await reached("online");
});
afterEach(async () => {
  await agent.kill("SIGTERM");
  await cloud.kill("SIGTERM");
  folder.remove();
});

const get = async (what = "") => (await cloud.call("GET", `/api/boards/${uuid}${what}`)).body;
const reached = (state: string) =>
  until(
    () => get(),
    ({ status, target }) => status === state && target.reached === target.wanted,
    15_000,
  );
const s4t = async (line: string) => {
  const env = { S4T_DATA: join(folder.path, "cloud"), HOME: folder.path };
  const { code, out, err } = await pasteAndWait(`./s4t ${line}`, env);
  expect([code, err]).toEqual([0, ""]);
  return out;
};
/** Wants of the board what this release's API does not take: as a cloud of a later release would. */
const want = async (settings: unknown): Promise<void> => {
  await cloud.kill("SIGTERM");
  await askDatabase(
    join(folder.path, "cloud"),
    `update boards set settings = '${JSON.stringify(settings)}', target_wanted = target_wanted + 1`,
  );
  cloud = await startCloud(join(folder.path, "cloud"), options);
  await cloud.signIn();
};

it("a setting that the agent cannot take fails alone: the others hold, everybody sees which and why, and the next wish heals it", async () => {
  await want({
    sensors: { enabled: true, storeEveryS: 5 },
    log: { level: "shouting" },
    colour: "green",
  });
  const degraded = await reached("degraded");
  expect(degraded).toMatchObject({ target: { failed: 2 }, why: { code: "target-failed" } });
  const { entries } = await get("/target");
  expect(
    entries.map((entry: { key: string; state: string; problem: { code: string } | null }) => [
      entry.key,
      entry.state,
      entry.problem?.code,
    ]),
  ).toEqual([
    ["settings/colour", "failed", "target.entry-unknown"],
    ["settings/log", "failed", "request.invalid"],
    ["settings/sensors", "reached", undefined],
    ["trust/project-key", "reached", undefined],
  ]);
  // Applied, not only said to be: values come every 5 s now.
  await until(
    () => get("/series"),
    ({ items }) => items.some((row: { periodS: number }) => row.periodS === 5),
    10_000,
  );

  const shown = await s4t("board show lamp");
  expect(shown).toMatch(/state +\S* ?degraded/);
  expect(shown).toContain("2 failed");
  const listed = await s4t("board target lamp");
  expect(listed).toMatch(
    /failed +settings\/colour .*does not know the entry kind.*target.entry-unknown/,
  );
  expect(listed).toMatch(/failed +settings\/log .*request.invalid/);
  expect(listed).toMatch(/reached +settings\/sensors/);

  const changed = await cloud.call("PATCH", `/api/boards/${uuid}/settings`, {
    log: { level: "debug" },
  });
  expect(changed.status, changed.text).toBe(200);
  const healed = await reached("online");
  expect(healed).toMatchObject({ target: { failed: 0 }, why: null });
  const after = (await get("/target")).entries;
  expect(after.every(({ state }: { state: string }) => state === "reached")).toBe(true);
}, 60_000);

// From key to key: what is added while a key is replaced belongs to the next one, and no change of the key leaves a board behind.
import { setTimeout as sleep } from "node:timers/promises";
import { cloudProcedures, MAX_KEY_SUCCESSION } from "@s4t/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { dialectOfRun } from "./database.ts";
import { openPluginStage, pack, upload } from "./plugin.ts";

type Stage = Awaited<ReturnType<typeof openPluginStage>>;
let stage: Stage;
let seq = 1;
beforeEach(async () => {
  stage = await openPluginStage(pack("kept"));
  seq = 1;
}, 60_000);
afterEach(() => stage.close());

const ask = (method: string, path: string, body?: unknown) =>
  stage.cloud.call(method, path, { token: stage.cloud.admin, ...(body ? { body } : {}) });
const rekey = () => ask("POST", `/api/projects/${stage.project}/rekey`, {});
const present = async () => (await ask("GET", `/api/projects/${stage.project}/key`)).body;

/** Holds the plugin's row behind the cloud's back, where writers do not wait for each other anyway. */
const holdPlugin = (ms: number): Promise<unknown> =>
  dialectOfRun === "postgres"
    ? stage.cloud.sql(
        `begin; select uuid from plugins for update; select pg_sleep(${ms / 1_000}); commit`,
      )
    : Promise.resolve();

it("a version that was signed just before the key is replaced is signed by the next one as well", async () => {
  const second = pack("kept", { "main.js": "// the second" });
  await upload(stage.cloud, second);
  const held = holdPlugin(1_500);
  await sleep(300);
  const added = ask("POST", "/api/plugins/kept/versions", { manifest: second.manifest });
  await sleep(500);
  const replaced = rekey();
  expect([(await added).status, (await replaced).status]).toEqual([201, 200]);
  await held;
  const { key, number } = await present();
  expect(number).toBe(2);
  const { items } = (await ask("GET", "/api/plugins/kept/versions")).body;
  expect(items.map((row: { signature: { key: string } | null }) => row.signature?.key)).toEqual([
    key,
    key,
  ]);
}, 30_000);

/** What the board is told of the project's key. */
const entryNow = async () => {
  const asked = await stage.session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
  const { sections } = (
    asked as {
      target: {
        sections: Record<
          string,
          { entries: { key: string; hash: string; value: { keys: { key: string }[] } }[] }
        >;
      };
    }
  ).target;
  const entry = sections.trust?.entries.find(({ key }) => key === "project-key");
  if (!entry) throw new TypeError("the board is told of no key");
  return entry;
};
/** The board says that it follows what it is told. */
const follows = async (): Promise<void> => {
  const { hash } = await entryNow();
  const entries = [{ key: "trust/project-key", hash, state: "reached" }];
  await stage.session.report(seq++, [{ kind: "entries", revision: seq, entries }]);
};

it("a change that would leave a board behind is refused until the board has followed or is retired", async () => {
  await follows();
  const first = (await present()).key;
  for (let change = 1; change < MAX_KEY_SUCCESSION; change += 1)
    expect([change, (await rekey()).status]).toEqual([change, 200]);
  // Still, the way leads from the key that the board has.
  expect((await entryNow()).value.keys[0]?.key).toBe(first);
  const { key } = await present();
  const refused = await rekey();
  expect([refused.status, refused.code]).toEqual([409, "project.boards-behind"]);
  expect(refused.text).toContain("1 boards have missed the last 31 changes");
  expect((await present()).key).toBe(key);
  await follows();
  expect((await rekey()).status).toBe(200);
  // What it has followed to is among what it is told.
  expect((await entryNow()).value.keys.map((row) => row.key)).toContain(key);
  for (let change = 2; change < MAX_KEY_SUCCESSION; change += 1) await rekey();
  expect((await rekey()).code).toBe("project.boards-behind");
  expect((await ask("POST", "/api/boards/b1/retire", {})).status).toBeLessThan(300);
  expect((await rekey()).status).toBe(200);
}, 120_000);

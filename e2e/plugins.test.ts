// Plugins by the command line, on a real cloud and a real board: called, started, followed, brought up to date, taken off; and a
// project whose key is with its owner, against a cloud that somebody has patched.
import { generateKeyPairSync, sign } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { signedKeyText, signedVersionText } from "../packages/contract/src/index.ts";
import { askDatabase } from "./database.ts";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

const file = (name: string, text: string): string => {
  const path = join(stage.folder, name);
  writeFileSync(path, text);
  return path;
};
const json = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code, err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
};
const answerOf = async (plugin: string, params = "{}") =>
  (await json(`plugin call lamp ${plugin} --params '${params}'`)).result.result;
const greeting = (word: string) =>
  `export default ({ name = "you" }) => ({ said: "${word} " + name });\n`;

it("a new version takes over, an older one comes back, and what is taken off can no longer be called", async () => {
  await json(`plugin create ${file("greet.mjs", greeting("hello"))} --name greet`);
  await json("plugin inject lamp greet");
  expect(await answerOf("greet", '{"name":"x"}')).toEqual({ said: "hello x" });
  const next = await stage.s4t(
    `plugin create ${file("greet.mjs", greeting("ciao"))} --name greet --json`,
  );
  expect(next.err).toContain("version 2");
  expect(JSON.parse(next.out).latest.number).toBe(2);
  await json("plugin inject lamp greet");
  expect(await answerOf("greet")).toEqual({ said: "ciao you" });
  await json("plugin inject lamp greet --version-id 1");
  expect(await answerOf("greet")).toEqual({ said: "hello you" });
  const kept = await stage.s4t("plugin remove greet --yes");
  expect(kept.code).not.toBe(0);
  expect(kept.err).toContain("plugin.in-use");
  expect((await stage.s4t("plugin eject lamp greet")).code).toBe(0);
  const gone = await stage.s4t("plugin call lamp greet");
  expect(gone.err).toContain("plugin.not-injected");
}, 60_000);

it("what a plugin throws comes with its own traceback and an exit code", async () => {
  await json(
    `plugin create ${file("bad.mjs", "export default () => { throw new TypeError('no such lamp'); };\n")}`,
  );
  await json("plugin inject lamp bad");
  const { code, err } = await stage.s4t("plugin call lamp bad");
  expect(code).toBe(70);
  expect(err).toContain("plugin.failed");
  expect(err).toContain("no such lamp");
  expect(err).toContain("bad.mjs:1");
}, 30_000);

it("one that runs is started with its board, keeps its state over the agent's restart, and stops when it is told", async () => {
  const path = file(
    "beat.mjs",
    `export default async (params, { state, log, signal, emit }) => {
  const starts = (state.get("starts") ?? 0) + 1;
  state.set("starts", starts);
  log.info("start number " + starts);
  while (!signal.aborted) {
    emit("beats", starts);
    await new Promise((resolve) => { setTimeout(resolve, 200); signal.addEventListener("abort", resolve); });
  }
};
`,
  );
  await json(`plugin create ${path} --mode async`);
  await json("plugin inject lamp beat --on-boot");
  const stateOf = async () => (await json("plugin status lamp beat")).state;
  await until(stateOf, (state) => state === "running", 10_000);
  await stage.restartAgent();
  await until(
    () => stateOf().catch(() => "away"),
    (state) => state === "running",
    15_000,
  );
  const lines = await until(
    async () => (await stage.s4t("plugin logs lamp beat")).out,
    (text) => text.includes("start number 2"),
    10_000,
  );
  expect(lines).toContain("start number 2");
  const series = async (): Promise<{ name: string }[]> =>
    (await stage.cloud.call("GET", `/api/boards/${stage.uuid}/series`)).body.items;
  await until(series, (items) => items.some(({ name }) => name === "plugin.beat.beats"), 10_000);
  await json("plugin stop lamp beat");
  expect(await stateOf()).toBe("ready");
}, 90_000);

it("of a sealed project only what its owner signed runs, whatever a patched cloud says", async () => {
  const greet = file("sealed.mjs", greeting("mine"));
  await json(`plugin create ${greet} --name sealed`);
  await json("plugin inject lamp sealed");
  const key = join(stage.folder, "owner.key");
  const sealed = await stage.s4t(`project seal default --key ${key} --yes`);
  expect([sealed.code, sealed.err]).toEqual([0, ""]);
  expect(existsSync(key)).toBe(true);
  // What was there goes on, signed by its owner now; what the owner signs comes.
  await until(
    () => answerOf("sealed").catch(() => undefined),
    (answer) => answer?.said === "mine you",
    15_000,
  );
  const unsigned = await stage.s4t(
    `plugin create ${file("sealed.mjs", greeting("thief"))} --name sealed`,
  );
  expect(unsigned.err).toContain("plugin.unsigned");
  const signed = await stage.s4t(
    `plugin create ${file("sealed.mjs", greeting("owner"))} --name sealed --key ${key}`,
  );
  expect(signed.code, signed.err).toBe(0);
  await json("plugin inject lamp sealed");
  expect(await answerOf("sealed")).toEqual({ said: "owner you" });

  // A shell and files need the owner's word each time, and have it with the key.
  for (const way of ["shell lamp", `file list lamp ${stage.files}`]) {
    const without = await stage.s4t(way);
    expect([way, without.code === 0]).toEqual([way, false]);
    expect(without.err).toContain("board.sealed");
    const withKey = await stage.s4t(`${way} --key ${key}`);
    expect([way, withKey.code]).toEqual([way, 0]);
  }

  // The thief of the cloud makes a key, names it as the successor, and signs with it what was there: version 1 again.
  const data = join(stage.folder, "cloud");
  await stage.stopCloud();
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const thief = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url").toString(
    "hex",
  );
  const signWith = (text: string) => sign(null, Buffer.from(text), privateKey).toString("hex");
  const [last] = await askDatabase(
    data,
    "select max(place) as place, project_id from keys group by project_id",
  );
  await askDatabase(
    data,
    `insert into keys (project_id, place, key, signature, sealed, private, created_at) values ('${last?.project_id}', ${Number(last?.place) + 1}, '${thief}', '${signWith(signedKeyText(thief, false))}', 0, null, 1)`,
  );
  const [first] = await askDatabase(
    data,
    "select v.version, v.plugin_id from plugins_versions v join plugins p on p.uuid = v.plugin_id where p.name = 'sealed' and v.number = 1",
  );
  await askDatabase(
    data,
    `update plugins_versions set signed_by = '${thief}', signature = '${signWith(signedVersionText(String(first?.version)))}' where version = '${first?.version}'`,
  );
  await askDatabase(
    data,
    `update plugins_injections set number = 1 where plugin_id = '${first?.plugin_id}'`,
  );
  await askDatabase(data, "update boards set target_wanted = target_wanted + 1");
  await stage.startCloud();
  const entries = async (): Promise<
    { key: string; state: string; problem: { code: string } | null }[]
  > => (await stage.cloud.call("GET", `/api/boards/${stage.uuid}/target`)).body.entries;
  const told = await until(
    entries,
    (all) => all.some(({ key: name, state }) => name === "plugins/sealed" && state === "failed"),
    20_000,
  );
  expect(told.find(({ key: name }) => name === "trust/project-key")).toMatchObject({
    state: "failed",
  });
  expect(told.find(({ key: name }) => name === "plugins/sealed")?.problem?.code).toBe(
    "plugin.signature-invalid",
  );
  // And the cloud lets nobody in: no shell without the owner's word.
  const way = await stage.cloud.call("POST", `/api/boards/${stage.uuid}/shell`, {});
  expect(way.status).toBeLessThan(300);
  for (const line of [
    "shell lamp",
    `file get lamp ${key} -`,
    `file put lamp ${greet} evil`,
    `file list lamp ${stage.files}`,
  ]) {
    const { code, err } = await stage.s4t(line);
    expect([line, code]).toEqual([line, 77]);
    expect(err).toContain("board.sealed");
  }
}, 120_000);

// Shell and files of a sealed project by the command line: open with the owner's key, and to nobody else; neither does a cloud that
// somebody has patched lead the owner's word to another board than the one that was meant.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOwnerKey } from "@s4t/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { openPatchedCloud, type PatchedCloud } from "./patched-cloud.ts";
import { openStage, type Stage } from "./reach.ts";
import { pasteAndWait, until } from "./s4t.ts";

let stage: Stage;
let door: RunningAgent;
let patched: PatchedCloud;
let token = "";
const of = (name: string): string => join(stage.folder, name);
const owner = () => of("owner.key");

/** Seals the project, and waits until its boards know. */
const seal = async (...boards: readonly string[]): Promise<void> => {
  const sealed = await stage.s4t(`project seal default --key ${owner()} --yes`);
  expect([sealed.code, sealed.err]).toEqual([0, ""]);
  for (const board of boards)
    await until(
      async () => (await stage.cloud.call("GET", `/api/boards/${board}/target`)).body,
      ({ wanted, reached }) => wanted === reached,
      30_000,
    );
};

beforeAll(async () => {
  stage = await openStage();
  mkdirSync(of("door-files"));
  const { uuid, enrolment } = await registerBoard(stage.cloud, "door");
  door = startAgent(of("door"), ["--enrol", enrolment, "--files", of("door-files")]);
  await until(
    () => stateOf(stage.cloud, uuid),
    (state) => state === "online",
    30_000,
  );
  await seal("lamp", "door");
  token = await stage.cloud.signIn();
  patched = await openPatchedCloud(stage.cloud.url);
  writeFileSync(of("local"), "what is brought");
  writeFileSync(join(stage.files, "there"), "what is taken");
  writeFileSync(join(of("door-files"), "there"), "the door's own");
}, 240_000);
afterAll(async () => {
  patched?.close();
  await door?.kill("SIGTERM");
  await stage?.end();
});

const refused = async (line: string, code: string) => {
  const { code: exit, err } = await stage.s4t(line);
  expect([line, exit]).toEqual([line, 77]);
  expect(err).toContain(code);
};

describe("on a sealed project", () => {
  it("a shell opens and files come and go with the owner's key, whose file knows the board from then on", async () => {
    const key = `--key ${owner()}`;
    const first = await stage.s4t(`file put lamp ${of("local")} brought ${key} --json`);
    expect(first.code, first.err).toBe(0);
    expect(first.err).toContain("Met lamp for the first time");
    expect(readFileSync(join(stage.files, "brought"), "utf8")).toBe("what is brought");
    const taken = await stage.s4t(`file get lamp there ${of("taken")} ${key} --json`);
    expect([taken.code, taken.err]).toEqual([0, ""]);
    expect(readFileSync(of("taken"), "utf8")).toBe("what is taken");
    expect((await stage.s4t(`file list lamp ${key}`)).out).toContain("brought");
    expect((await stage.s4t(`shell lamp ${key}`)).code).toBe(0);
    // What is remembered is what the board itself says.
    const { out } = await stage.s4t(`agent doctor --data ${of("lamp")}`);
    const told = /Its key is ([0-9a-f]{64})/.exec(out)?.[1];
    expect(readFileSync(`${owner()}.boards`, "utf8")).toBe(`lamp ${told}\n`);
  }, 240_000);

  it("neither without a key nor with another one", async () => {
    writeFileSync(of("other.key"), JSON.stringify(await createOwnerKey()), { mode: 0o600 });
    for (const flags of ["", ` --key ${of("other.key")}`])
      for (const line of [
        `file get lamp there ${of("stolen")}`,
        `file put lamp ${of("local")} evil`,
        "file list lamp",
        "shell lamp",
      ])
        await refused(line + flags, "board.sealed");
    expect(existsSync(of("stolen"))).toBe(false);
    expect(readdirSync(stage.files)).not.toContain("evil");
  }, 240_000);
});

describe("a patched cloud that leads to another board than the one that was meant", () => {
  const ask = (line: string) =>
    pasteAndWait(`./s4t ${line} --key ${owner()}`, {
      HOME: of("elsewhere"),
      S4T_URL: patched.url,
      S4T_TOKEN: token,
    });
  const lines = () => [
    `file put lamp ${of("local")} evil`,
    `file get lamp there ${of("stolen")}`,
    "shell lamp",
  ];
  const nothingCame = (): void => {
    expect(existsSync(of("stolen"))).toBe(false);
    expect(readdirSync(of("door-files"))).toEqual(["there"]);
  };

  it("gets no grant, as the board is known by its key", async () => {
    expect((await ask(`file get lamp there ${of("honest")}`)).code).toBe(0);
    patched.mislead("lamp", "door");
    for (const line of lines()) {
      const { code, err } = await ask(line);
      expect([line, code]).toEqual([line, 77]);
      expect(err).toContain("board.key-changed");
    }
    nothingCame();
  }, 240_000);

  it("gets a grant that is worth nothing there, where it lies about the key as well", async () => {
    const [, key = ""] = readFileSync(`${owner()}.boards`, "utf8").trim().split(" ");
    patched.mislead("lamp", "door", key);
    for (const line of lines()) {
      const { code, err } = await ask(line);
      expect([line, code]).toEqual([line, 77]);
      expect(err).toContain("board.sealed");
    }
    nothingCame();
  }, 240_000);
});

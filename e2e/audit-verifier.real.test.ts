// Somebody else's program, written from docs/protocol/audit.md in another language, judges the log of a real cloud.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../scripts/repository.ts";
import { startCloud, temporaryFolder } from "./program.ts";

const folder = temporaryFolder();
const whole = join(folder.path, "whole");
const headEveryMs = 700;
const rounds = 4;
let key = "";

beforeAll(async () => {
  const cloud = await startCloud(whole);
  await cloud.signIn();
  for (let i = 0; i < rounds; i += 1) {
    for (let j = 0; j < 5; j += 1)
      await cloud.call("POST", "/api/boards", {
        name: `b-${i}-${j}`,
        description: "Città è «qui» 😀",
      });
    await new Promise((resolve) => setTimeout(resolve, headEveryMs));
  }
  expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  key = (await cloud.call("GET", "/api/audit/head")).body.key;
  await cloud.kill("SIGTERM");
});
afterAll(() => folder.remove());

const judge = (data: string) => {
  const { status, stdout, stderr } = spawnSync(
    "python3",
    [join(root, "docs/protocol/audit-verifier.py"), data, key],
    { encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
};

it("finds the log intact", () => {
  const { status, said } = judge(whole);
  expect(said).toMatch(/^intact: \d\d entries, \d heads\n$/);
  expect(status).toBe(0);
});

it.each([
  ["an action changed", "update audit_entries set action = 'x' where idx = 7", "columns"],
  ["a payload changed", "update audit_entries set payload = payload || ' ' where idx = 7", "leaf"],
  ["an entry deleted", "delete from audit_entries where idx = 7", "its place"],
  ["the end cut off", "delete from audit_entries where idx > 7", "the log ends before it"],
  [
    "a head removed",
    "delete from audit_heads where size = (select min(size) from audit_heads)",
    "different heads",
  ],
  [
    "an entry emptied",
    "update audit_entries set payload = null, salt = null, actor_id = '', resource_id = null where idx = 7",
    "nothing says so",
  ],
] as const)("sees %s", (name, statement, because) => {
  const data = join(folder.path, name.replaceAll(" ", "-"));
  cpSync(whole, data, { recursive: true });
  const database = new DatabaseSync(join(data, "database/cloud.sqlite"));
  database.exec(statement);
  database.close();
  const { status, said } = judge(data);
  expect([status, said]).toEqual([1, expect.stringContaining(because)]);
});

it("sees that the witness was changed", () => {
  const data = join(folder.path, "witness-changed");
  cpSync(whole, data, { recursive: true });
  const file = join(data, "witness.jsonl");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  writeFileSync(file, `${lines.slice(0, -1).join("\n")}\n`);
  expect(judge(data)).toMatchObject({
    status: 1,
    said: expect.stringContaining("different heads"),
  });
});

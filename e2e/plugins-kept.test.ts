// A backup holds what plugins need: their bytes, the project's key, who has them. An older one that is brought back is what is wanted
// from then on: the board goes back with it, and goes on with it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  // The port stays the same when it starts again after a restore.
  await stage.stopCloud();
  await stage.startCloud();
}, 60_000);
afterAll(() => stage.end());

const file = (word: string): string => {
  const path = join(stage.folder, "word.mjs");
  writeFileSync(path, `export default () => "${word}";\n`);
  return path;
};
const done = async (line: string): Promise<string> => {
  const { code, out, err } = await stage.s4t(line);
  expect([line, code, err]).toEqual([line, 0, expect.any(String)]);
  return out;
};
const says = (word: string) =>
  until(
    async () => (await stage.s4t("plugin call lamp word --json")).out,
    (out) => out !== "" && JSON.parse(out).result?.result === word,
    30_000,
  );
const versions = async (): Promise<number[]> =>
  (await stage.cloud.call("GET", "/api/plugins/word/versions")).body.items.map(
    ({ number }: { number: number }) => number,
  );

it("brought back, an older backup takes its board along, and both go on", async () => {
  await done(`plugin create ${file("one")} --name word`);
  await done("plugin inject lamp word");
  await says("one");
  const backup = join(stage.folder, "old.backup");
  await done(`backup ${backup}`);
  await done(`plugin create ${file("two")} --name word`);
  await done("plugin inject lamp word --version-id latest");
  await says("two");

  await done(`restore ${backup} --yes`);
  await until(
    () => stage.cloud.said().split("is running").length - 1,
    (lives) => lives === 2,
    30_000,
  );
  await until(
    () => stage.cloud.signIn().catch(() => ""),
    (token) => token !== "",
    15_000,
  );
  expect(await versions()).toEqual([1]);
  await says("one");
  // What it signs from now on is signed by the key that the board knows.
  await done(`plugin create ${file("three")} --name word`);
  await done("plugin inject lamp word --version-id latest");
  await says("three");
  expect(await versions()).toEqual([2, 1]);
  expect((await stage.cloud.call("POST", "/api/audit/verify")).body).toMatchObject({
    intact: true,
  });
}, 180_000);

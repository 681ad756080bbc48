// Versions that nobody needs, and the key that signs, by the command line.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./reach.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const file = join(stage.folder, "word.mjs");
  for (const word of ["one", "two"]) {
    writeFileSync(file, `export default () => "${word}";\n`);
    expect((await stage.s4t(`plugin create ${file} --name word`)).code).toBe(0);
  }
}, 120_000);
afterAll(() => stage?.end());

const numbers = async (): Promise<number[]> =>
  JSON.parse((await stage.s4t("plugin versions word --json")).out).map(
    ({ number }: { number: number }) => number,
  );

it("an earlier version is removed, the latest stays, and what is not there is told", async () => {
  const latest = await stage.s4t("plugin remove-version word 2 --yes");
  expect([latest.code, latest.err]).toEqual([64, expect.stringContaining("plugin.version-latest")]);
  // Without a word of consent, and nobody to ask.
  expect((await stage.s4t("plugin remove-version word 1")).code).not.toBe(0);
  expect(await numbers()).toEqual([2, 1]);
  const removed = await stage.s4t("plugin remove-version word 1 --yes --json");
  expect([removed.code, removed.err]).toEqual([0, ""]);
  expect(JSON.parse(removed.out)).toMatchObject({ name: "word", number: 1, status: "removed" });
  expect(await numbers()).toEqual([2]);
  const again = await stage.s4t("plugin remove-version word 1 --yes");
  expect([again.code, again.err]).toEqual([
    66,
    expect.stringContaining("plugin.version-not-found"),
  ]);
}, 120_000);

it("the key of a project tells how many it has had", async () => {
  expect(JSON.parse((await stage.s4t("project key default --json")).out).number).toBe(1);
  expect((await stage.s4t("project rekey default --yes")).code).toBe(0);
  expect((await stage.s4t("project key default")).out).toMatch(/2, of those that the project has/);
}, 60_000);

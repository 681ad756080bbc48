// Working on a plugin: what is saved runs on the board, its lines below; what is wrong is said, and the next save is tried.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

const source = (word: string): string => `export default async (_, { log, signal }) => {
  log.info("it says ${word}");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
};
`;

it("each save is a version that runs on the board, and its lines are shown", async () => {
  const path = join(stage.folder, "beat.mjs");
  writeFileSync(path, source("one"));
  const child = stage.start(`plugin dev lamp ${path} --mode async`);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const heard = heardFrom(child);
  const shows = (where: () => string, text: string) =>
    until(where, (all) => all.includes(text), 20_000);
  await shows(heard.err, "version 1, is on the board");
  await shows(heard.out, "it says one");
  writeFileSync(path, source("two"));
  await shows(heard.err, "version 2, is on the board");
  await shows(heard.out, "it says two");
  // Not a plugin at all: said, and work goes on.
  writeFileSync(path, "");
  writeFileSync(path, "export default {");
  await shows(heard.err, "version 3, is on the board");
  writeFileSync(path, source("three"));
  await shows(heard.out, "it says three");
  for (const [, ms] of heard.err().matchAll(/after (\d+) ms/g))
    expect(Number(ms)).toBeLessThan(10_000);
  child.kill("SIGINT");
  // As shells say of Ctrl-C.
  expect(await ended).toBe(130);
}, 90_000);

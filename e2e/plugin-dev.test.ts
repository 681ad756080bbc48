// Working on a plugin: what is saved runs on the board, its lines and answers below; what is wrong is said, and the next save is tried.
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

/** Most from a save to the line or the answer that it brings: somebody waits for it at each save. */
const saveToLineMs = 1_000;
/** The same, half of the time, of a machine that others keep busy. */
const busySaveToLineMs = 3_000;
const saves = ["two", "three", "four", "five", "six"];

const shows = (where: () => string, text: string) =>
  until(where, (all) => all.includes(text), 20_000);
const begin = (line: string) => {
  const child = stage.start(line);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, ended, heard: heardFrom(child) };
};
/** Saves again and again, and answers how long each took to be seen, the shortest first. */
const measure = async (save: (word: string) => void, seen: (word: string) => Promise<unknown>) => {
  const tookMs: number[] = [];
  for (const word of saves) {
    const savedAt = performance.now();
    save(word);
    await seen(word);
    tookMs.push(performance.now() - savedAt);
  }
  return tookMs.sort((a, b) => a - b);
};
/** Pauses that are built in are in the shortest as well; what a busy machine adds is not. */
const expectSwift = (tookMs: readonly number[]) => {
  expect(tookMs[0], `${tookMs}`).toBeLessThan(saveToLineMs);
  expect(tookMs[Math.floor(tookMs.length / 2)], `${tookMs}`).toBeLessThan(busySaveToLineMs);
};

const running = (word: string): string => `export default async (params, { log, signal }) => {
  log.info("it says ${word}", params.street);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
};
`;

it("each save is a version that runs on the board, and its lines are shown", async () => {
  const path = join(stage.folder, "beat.mjs");
  writeFileSync(path, running("one"));
  const line = `plugin dev lamp ${path} --mode async --params '{"street":"Via Cavour"}'`;
  const { child, ended, heard } = begin(line);
  await shows(heard.err, "version 1, is on the board");
  await shows(heard.out, "it says one Via Cavour");
  const save = (word: string) => writeFileSync(path, running(word));
  const tookMs = await measure(save, (word) => shows(heard.out, `it says ${word}`));
  // Not a plugin at all: said, and work goes on.
  writeFileSync(path, "");
  writeFileSync(path, "export default {");
  await shows(heard.err, "version 7, is on the board");
  save("seven");
  await shows(heard.out, "it says seven");
  expectSwift(tookMs);
  child.kill("SIGINT");
  // As shells say of Ctrl-C.
  expect(await ended).toBe(130);
}, 180_000);

const called = (word: string): string => `export default ({ n }, { log }) => {
  log.info("line ${word}");
  return { word: "${word}", n };
};
`;

it("a synchronous one is called after each save: its answer, or what it throws, is below", async () => {
  const path = join(stage.folder, "sum.mjs");
  writeFileSync(path, called("one"));
  const { child, ended, heard } = begin(`plugin dev lamp ${path} --params '{"n":7}'`);
  await shows(heard.out, '"word": "one",\n  "n": 7');
  await shows(heard.out, "line one");
  const save = (word: string) => writeFileSync(path, called(word));
  const tookMs = await measure(save, (word) => shows(heard.out, `"word": "${word}"`));
  await shows(heard.out, "line six");
  writeFileSync(path, "export default () => { throw new TypeError('no such lamp'); };\n");
  await shows(heard.err, "plugin.failed");
  expect(heard.err()).toContain("sum.mjs:1");
  save("seven");
  await shows(heard.out, '"word": "seven"');
  expectSwift(tookMs);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
}, 180_000);

it("a save ends a call that goes on, and so does Ctrl-C", async () => {
  const path = join(stage.folder, "wait.py");
  const waiting = (word: string) => `def main(params, ctx):
    ctx.log.info("begun ${word}")
    ctx.stopping.wait(25)
    ctx.log.info("heard" if ctx.stopping.is_set() else "heard nothing", "${word}")
`;
  writeFileSync(path, waiting("one"));
  const { child, ended, heard } = begin(`plugin dev lamp ${path}`);
  await shows(heard.out, "begun one");
  writeFileSync(path, waiting("two"));
  await shows(heard.out, "begun two");
  await shows(heard.out, "heard one");
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  const lines = async () => (await stage.s4t("plugin logs lamp wait")).out;
  await until(lines, (text) => text.includes("heard two"), 20_000);
}, 120_000);

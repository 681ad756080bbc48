// Following what a plugin writes, by the command line: every line once and in order, through bursts and an agent that starts anew;
// what the board had to let go is said, to the line.
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
const followers: ChildProcess[] = [];
afterAll(async () => {
  for (const child of followers) child.kill("SIGKILL");
  await stage.end();
});

/** Writes `total` numbered lines, `burst` at once, `pauseMs` apart. */
const source = `import { writeSync } from "node:fs";
export default async ({ total, burst, pauseMs, word = "n" }) => {
  for (let at = 0; at < total; at += burst) {
    let text = "";
    for (let n = at; n < Math.min(total, at + burst); n += 1) text += word + " " + n + "\\n";
    writeSync(1, text);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return total;
};
`;

const write = async (total: number, burst: number, pauseMs: number, word = "n") => {
  const params = JSON.stringify({ total, burst, pauseMs, word });
  const { code, err } = await stage.s4t(`plugin call lamp writer --params '${params}'`);
  // A call that takes longer tells its operation.
  expect([code, err.replace(/^Under way as operation .*\n/, "")]).toEqual([0, ""]);
};

/** Follows from now on, once a line of now was seen. */
const follow = async () => {
  const child = stage.start("plugin logs lamp writer --lines 0 --follow --json");
  followers.push(child);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const heard = heardFrom(child);
  const all = () =>
    heard
      .out()
      .split("\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text) as { seq: number; text: string });
  await until(
    async () => {
      if (all().length === 0) await write(1, 1, 0, "begin");
      return all().length;
    },
    (count) => count > 0,
    15_000,
  );
  return {
    all,
    /** Numbers that were shown. */
    numbers: () =>
      all()
        .flatMap(({ text }) => /^n (\d+)$/.exec(text)?.[1] ?? [])
        .map(Number),
    skipped: () =>
      [...heard.err().matchAll(/(\d+) lines skipped/g)].reduce((sum, [, n]) => sum + Number(n), 0),
    async stop() {
      child.kill("SIGINT");
      expect(await ended).toBe(130);
    },
  };
};
const range = (total: number) => Array.from({ length: total }, (_, n) => n);

it("5,000 lines in bursts: each once, in order, none skipped; also after the agent counts anew", async () => {
  const path = join(stage.folder, "writer.mjs");
  writeFileSync(path, source);
  expect((await stage.s4t(`plugin create ${path}`)).code).toBe(0);
  expect((await stage.s4t("plugin inject lamp writer")).code).toBe(0);
  await write(3, 1, 0); // before: not shown
  const following = await follow();
  await write(5_000, 500, 500);
  await until(
    () => ({ shown: following.numbers().length, skipped: following.skipped() }),
    ({ shown }) => shown >= 5_000,
    10_000,
  );
  expect(following.numbers()).toEqual(range(5_000));
  await stage.restartAgent();
  await write(10, 1, 0);
  await until(
    () => following.numbers().length,
    (count) => count >= 5_010,
    10_000,
  );
  expect(following.numbers().slice(5_000)).toEqual(range(10));
  expect(following.skipped()).toBe(0);
  await following.stop();
}, 90_000);

it("5,000 lines at once are more than a board keeps: those that are missing are said, to the line", async () => {
  const following = await follow();
  await write(5_000, 5_000, 0);
  await until(
    () => following.numbers().at(-1),
    (last) => last === 4_999,
    10_000,
  );
  const seqs = following.all().map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const written = (seqs.at(-1) ?? 0) - (seqs[0] ?? 0) + 1;
  expect(written).toBeGreaterThan(5_000);
  expect(following.skipped()).toBeGreaterThan(0);
  expect(seqs.length + following.skipped()).toBe(written);
  await following.stop();
}, 60_000);

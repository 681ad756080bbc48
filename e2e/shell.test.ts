// A shell on a board by the command line: typed into from a pipe, ended with its own exit code, off where its owner says so.
import { afterAll, beforeAll, expect, it } from "vitest";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

const shell = (text: string, flags = "") => {
  const child = stage.start(`shell lamp ${flags}`, "pipe");
  const heard = heardFrom(child);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin?.write(text);
  return { child, heard, ended };
};

it("runs what is typed, and ends with the shell's own code", async () => {
  const { heard, ended } = shell("echo sum-$((40 + 2)); exit 7\n");
  expect(await ended).toBe(7);
  expect(heard.out()).toContain("sum-42");
});

it("has a size that follows the window, and reads the end of its input", async () => {
  const { child, heard, ended } = shell("stty size\n");
  await until(heard.out, (text) => /\d+ \d+\r\n/.test(text), 10_000);
  child.stdin?.end();
  expect(await ended).toBe(0);
  expect(heard.out()).toContain("24 80");
});

it("is interrupted under output that nobody could read in time", async () => {
  const { child, heard, ended } = shell("yes\n");
  await until(heard.out, (text) => text.length > 1_000_000, 15_000);
  child.stdin?.write("\u0003");
  child.stdin?.write("echo back-$((20 + 3)); exit 0\n");
  expect(await ended).toBe(0);
  expect(heard.out().slice(-2_000)).toContain("back-23");
}, 40_000);

it("shows while it is open who has it, and is cut from outside", async () => {
  const { heard, ended } = shell("echo here-$((1 + 1))\n");
  await until(heard.out, (text) => text.includes("here-2"), 10_000);
  const { out } = await stage.s4t("connection list lamp --json");
  const [open] = JSON.parse(out);
  expect(open).toMatchObject({ door: "shell", actor: "admin" });
  await stage.s4t(`connection cut lamp ${open.uuid}`);
  expect(await ended).not.toBe(0);
}, 30_000);

it("is not there where the board's owner turned it off", async () => {
  await stage.restartAgent("--shell", "off");
  const { heard, ended } = shell("");
  expect(await ended).not.toBe(0);
  expect(heard.err()).toContain("shell.unavailable");
  // Told at the join, which the cloud notes a moment after it counts the board as there.
  const access = await until(
    async () => (await stage.cloud.call("GET", `/api/boards/${stage.uuid}`)).body.info.access,
    ({ shell: user }) => user === null,
    5_000,
  );
  expect(access).toMatchObject({ shell: null, forward: ["loopback:*"] });
}, 30_000);

// `./s4t shell` as a person has it: in a terminal, which it takes over, follows in size, and gives back as it was.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTerminals } from "../apps/lightning-rod/src/platform/linux/terminal.ts";
import { ownUser } from "../apps/lightning-rod/src/platform/linux/users.ts";
import type { Terminal } from "../apps/lightning-rod/src/platform/terminal.ts";
import { root } from "../scripts/repository.ts";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let terminal: Terminal;
let said = "";
beforeAll(async () => {
  stage = await openStage();
  terminal = openTerminals({ ...ownUser(), shell: "/bin/sh", home: "/tmp" }, systemClock).open(
    { cols: 90, rows: 30, term: "xterm" },
    {
      onData: (bytes) => {
        said += Buffer.from(bytes).toString("latin1");
      },
      onDrain: () => {},
      onExit: () => {},
    },
  );
}, 60_000);
afterAll(async () => {
  terminal?.hangUp();
  await stage?.end();
});

const type = (text: string) => terminal.write(Buffer.from(text));
const says = (what: RegExp) =>
  until(
    () => said,
    (text) => what.test(text),
    15_000,
  );
/** What stands here is what the terminal says from now on. */
const afresh = () => {
  said = "";
};
/** The command line in the terminal; `…-42` is of the board's shell. */
const enter = async () => {
  afresh();
  const env = `HOME=${stage.folder} S4T_DATA=${join(stage.folder, "cloud")} PATH=${process.env.PATH}`;
  type(`cd ${root}; ${env} ./s4t shell lamp\n`);
  // Typed ahead, it would be the terminal's own line: the board's shell takes it once it is there.
  await until(
    async () => (await stage.cloud.call("GET", `/api/boards/${stage.uuid}/connections`)).body.items,
    (items) => items.length === 1,
    15_000,
  );
  type("echo board-$((40 + 2))\n");
  await says(/board-42\r\n/);
};
/** Whether the terminal edits lines itself, as a shell leaves it. */
const isAsBefore = async () => {
  afresh();
  // What is typed before the command line has ended goes to it.
  await until(
    async () => {
      type("stty -a | tr ';' '\\n' | grep -o -- '-*icanon'; echo asked-$((1 + 1))\n");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return said;
    },
    (text) => /asked-2\r\n/.test(text),
    15_000,
  );
  return !/-icanon\r\n/.test(said);
};

it("follows the window, leaves Ctrl-C to the board, ends with the shell's code, and gives the terminal back", async () => {
  await enter();
  type("stty size\n");
  await says(/\r30 90\r\n/);
  terminal.resize(111, 44);
  await until(
    async () => {
      type("stty size\n");
      await new Promise((resolve) => setTimeout(resolve, 200));
      return said;
    },
    (text) => text.includes("\r44 111\r\n"),
    10_000,
  );
  type("sleep 1000\n");
  await says(/sleep 1000/);
  type("\u0003");
  type("echo alive-$((20 + 3))\n");
  await says(/alive-23\r\n/);
  type("exit 5\n");
  await until(
    async () => {
      type("echo code=$?-\n");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return said;
    },
    (text) => /code=5-\r\n/.test(text),
    15_000,
  );
  expect(await isAsBefore()).toBe(true);
}, 90_000);

it("hangs up at ~. on a line of its own", async () => {
  await enter();
  type("\n~.");
  expect(await isAsBefore()).toBe(true);
  expect(said).not.toContain("stream.ended");
}, 60_000);

it("gives the terminal back when it is cut from outside", async () => {
  await enter();
  const { items } = (await stage.cloud.call("GET", `/api/boards/${stage.uuid}/connections`)).body;
  await stage.s4t(`connection cut lamp ${items[0].uuid}`);
  await says(/stream\.ended/);
  expect(await isAsBefore()).toBe(true);
}, 60_000);

it("gives the terminal back when the command line is ended by a signal", async () => {
  await enter();
  const pid = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        const env = readFileSync(`/proc/${name}/environ`, "utf8");
        return words.includes("shell") && words.includes("lamp") && env.includes(stage.folder);
      } catch {
        return false; // it ended meanwhile
      }
    });
  process.kill(Number(pid), "SIGTERM");
  expect(await isAsBefore()).toBe(true);
}, 60_000);

import { existsSync, readFileSync } from "node:fs";
import { systemClock } from "@s4t/kit";
import { afterEach, describe, expect, it } from "vitest";
import type { ShellExit, Terminal } from "../terminal.ts";
import { LAST_OUTPUT_MS, openTerminals } from "./terminal.ts";
import { ownUser } from "./users.ts";

interface Seen {
  readonly terminal: Terminal;
  said(): string;
  exit(): ShellExit | undefined;
  drains(): number;
  bytes(): number;
}
const openOnes: Terminal[] = [];
afterEach(() => {
  for (const terminal of openOnes.splice(0)) terminal.hangUp();
});

/** A shell that reads no files of whoever runs the tests. */
const open = (shell = "/bin/sh", size = { cols: 80, rows: 24 }): Seen => {
  let text = "";
  let bytes = 0;
  let exit: ShellExit | undefined;
  let drains = 0;
  const user = { ...ownUser(), shell, home: "/tmp" };
  const terminal = openTerminals(user, systemClock).open(
    { ...size, term: "xterm-256color" },
    {
      onData(piece) {
        bytes += piece.length;
        text = (text + Buffer.from(piece).toString()).slice(-100_000);
      },
      onDrain: () => {
        drains += 1;
      },
      onExit: (how) => {
        exit = how;
      },
    },
  );
  openOnes.push(terminal);
  return { terminal, said: () => text, exit: () => exit, drains: () => drains, bytes: () => bytes };
};
const type = ({ terminal }: Seen, text: string) => terminal.write(Buffer.from(text));
const says = (seen: Seen, what: string | RegExp) =>
  expect.poll(() => seen.said(), { timeout: 5_000 }).toMatch(what);

describe("a shell", () => {
  it("is a terminal of its own session, with the size and type that were asked for", async () => {
    const shell = open("/bin/sh", { cols: 101, rows: 33 });
    type(
      shell,
      "tty; stty size; echo $TERM-$((40 + 2)); ps -o sid= -p $$ | tr -d ' '; echo me=$$.\n",
    );
    await says(shell, /\/dev\/pts\/\d+\r\n33 101\r\nxterm-256color-42/);
    await says(shell, /(\d+)\r\nme=\1\./);
    shell.terminal.resize(120, 40);
    type(shell, "stty size\n");
    await says(shell, /40 120\r\n/);
  });

  it("has nothing of the agent's environment and none of its descriptors", async () => {
    process.env.S4T_SECRET_OF_TEST = "leaked";
    const shell = open();
    type(shell, "env; for f in /proc/$$/fd/*; do readlink $f; done; echo over-$((1 + 1))\n");
    await says(shell, /over-2\r\n/);
    delete process.env.S4T_SECRET_OF_TEST;
    expect(shell.said()).not.toContain("leaked");
    expect(shell.said()).toMatch(/HOME=\/tmp/);
    const targets = /LOGNAME[\s\S]*?\r\n(\/dev[\s\S]*)over-2/.exec(shell.said())?.[1] ?? "";
    expect(new Set(targets.split("\r\n").map((path) => path.replace(/\d+$/, "")))).toEqual(
      new Set(["/dev/pts/", "/dev/tty", ""]),
    );
  });

  it("tells how it ended, after the last of its output", async () => {
    const shell = open();
    type(shell, "echo last words; exit 7\n");
    await expect.poll(shell.exit).toEqual({ code: 7, signal: null });
    expect(shell.said()).toMatch(/last words\r\n/);
    const killed = open();
    type(killed, "kill -9 $$\n");
    await expect.poll(killed.exit).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("ends although a program in the background keeps its terminal", async () => {
    const shell = open();
    type(shell, "(trap '' HUP; sleep 3) & exit 0\n");
    await expect
      .poll(shell.exit, { timeout: 10 * LAST_OUTPUT_MS + 1_000 })
      .toEqual({ code: 0, signal: null });
  });

  it("stops saying anything while it is paused, and is interrupted all the same", async () => {
    const shell = open();
    type(shell, "yes\n");
    await expect.poll(shell.bytes).toBeGreaterThan(100_000);
    shell.terminal.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = shell.bytes();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(shell.bytes() - before).toBeLessThan(200_000);
    type(shell, "\u0003");
    shell.terminal.resume();
    type(shell, "echo back-$((20 + 3))\n");
    await says(shell, /back-23/);
  });

  it("takes what its program has no room for later, and holds up nothing meanwhile", async () => {
    const shell = open();
    type(
      shell,
      "stty raw -echo; echo ready-$((1 + 1)); sleep 0.5; echo got-$(head -c 300000 | wc -c)\n",
    );
    await says(shell, /ready-2/);
    const began = performance.now();
    expect(shell.terminal.write(Buffer.alloc(300_000, 97))).toBe(false);
    expect(performance.now() - began).toBeLessThan(200);
    await expect.poll(shell.drains, { timeout: 15_000 }).toBeGreaterThan(0);
    await says(shell, /got-300000/);
  }, 20_000);

  it("takes its programs along when the line is dropped", async () => {
    const shell = open();
    type(shell, "echo me=$$.; sleep 1001\n");
    await says(shell, /me=\d+\./);
    const [, leader = ""] = /me=(\d+)\./.exec(shell.said()) ?? [];
    const children = () => readFileSync(`/proc/${leader}/task/${leader}/children`, "utf8").trim();
    await expect.poll(children).toMatch(/^\d+$/);
    const program = children();
    shell.terminal.hangUp();
    await expect.poll(shell.exit, { timeout: 4_000 }).toBeDefined();
    // Ended; whether somebody has asked how, is not ours.
    const isThere = () =>
      existsSync(`/proc/${program}`) &&
      !readFileSync(`/proc/${program}/stat`, "utf8").includes(") Z ");
    await expect.poll(isThere).toBe(false);
  });

  it("is not there where its owner wants none, or where its user has none", () => {
    const listener = { onData: () => {}, onDrain: () => {}, onExit: () => {} };
    const request = { cols: 80, rows: 24, term: "xterm" };
    expect(() => openTerminals(null, systemClock).open(request, listener)).toThrow(/--shell off/);
    const nobody = { ...ownUser(), shell: "/usr/sbin/nologin" };
    expect(() => openTerminals(nobody, systemClock).open(request, listener)).toThrow(
      /no login shell/,
    );
  });
});

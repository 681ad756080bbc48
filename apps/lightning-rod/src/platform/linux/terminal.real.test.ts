// A shell of another user, as only root can open one: theirs in everything, with nothing of root left in it.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Terminal } from "../terminal.ts";
import { loadNative } from "./pty.ts";
import { openTerminals } from "./terminal.ts";
import { findUser, type SystemUser } from "./users.ts";

/** A user that every Debian has; it has no login shell, so the test gives it one. */
const name = "daemon";
/** Groups that the agent is in, and that user is not: who reads disks and logs. */
const groupsOfAgent = [0, 4, 6];

/** `fcntl`, whose `F_DUPFD` makes a descriptor that goes to children, as none of Node's does; on x86-64 and arm64. */
const control = process.arch === "x64" ? 72 : 25;

let home: string;
let user: SystemUser;
let terminal: Terminal | undefined;
beforeEach(() => {
  const known = findUser(name);
  if (!known) throw new Error(`this machine has no user ${name}`);
  home = mkdtempSync(join(tmpdir(), "s4t-home-"));
  user = { ...known, shell: "/bin/sh", home };
  chownSync(home, user.uid, user.gid);
  chmodSync(home, 0o700);
});
afterEach(() => {
  terminal?.hangUp();
  rmSync(home, { recursive: true });
});

/** What the shell of the user says to a script. */
const askShell = async (script: string): Promise<string> => {
  let said = "";
  let isOver = false;
  terminal = openTerminals(user, systemClock).open(
    { cols: 200, rows: 50, term: "xterm" },
    {
      onData: (piece) => {
        said += Buffer.from(piece).toString();
      },
      onDrain: () => {},
      onExit: () => {
        isOver = true;
      },
    },
  );
  terminal.write(Buffer.from(`stty -echo; PS1=; ${script}\necho o""ver; exit\n`));
  await expect.poll(() => isOver, { timeout: 20_000 }).toBe(true);
  return said.replaceAll("\r\n", "\n");
};
const id = (...flags: string[]): string =>
  execFileSync("id", [...flags, name], { encoding: "utf8" }).trim();

it("is that user's: name, home, groups, terminal, environment", async () => {
  process.env.S4T_OF_THE_AGENT = "secret";
  const said = await askShell(
    [
      'echo "name=$(id -un) gid=$(id -g) groups=$(id -G)."',
      'echo "home=$HOME at=$(pwd) user=$USER log=$LOGNAME."',
      'echo "tty=$(stat -c "%U %a" "$(tty)")."',
      'echo "of-agent=$S4T_OF_THE_AGENT."',
      "touch mine && stat -c 'file=%U.' mine",
    ].join("; "),
  );
  delete process.env.S4T_OF_THE_AGENT;
  expect(said).toContain(`name=${name} gid=${id("-g")} groups=${id("-G")}.`);
  expect(said).toContain(`home=${home} at=${home} user=${name} log=${name}.`);
  // Its owner writes to it, others only what `write` and `wall` bring, through the terminal's own group.
  expect(said).toMatch(new RegExp(`tty=${name} 6[02]0\\.`));
  expect(said).toContain("of-agent=.");
  expect(said).toContain(`file=${name}.`);
});

it("has nothing of root left: no id to go back to, no capability, no group, no descriptor", async () => {
  const before = process.getgroups?.() ?? [];
  process.setgroups?.(groupsOfAgent);
  // As if somebody had started the agent with a file open: no flag closes it by itself.
  const own = openSync("/etc/shadow", "r");
  const secret = loadNative().syscall(control, own, 0, 0);
  expect(readlinkSync(`/proc/self/fd/${secret}`)).toBe("/etc/shadow");
  let said: string;
  try {
    said = await askShell(
      [
        "grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb):' /proc/$$/status | tr '\\t' ' '",
        "find /proc/$$/fd -type l -printf 'open=%l\\n'",
        "cat /etc/shadow >/dev/null 2>&1 || echo shadow=closed",
        "kill -0 1 2>/dev/null || echo kill=refused",
      ].join("; "),
    );
  } finally {
    process.setgroups?.(before);
    for (const each of [own, secret]) closeSync(each);
  }
  const { uid, gid } = user;
  expect(said).toContain(`Uid: ${uid} ${uid} ${uid} ${uid}\n`);
  expect(said).toContain(`Gid: ${gid} ${gid} ${gid} ${gid}\n`);
  expect(said).toMatch(new RegExp(`^Groups: ${id("-G")} *$`, "m"));
  for (const set of ["Inh", "Prm", "Eff", "Amb"])
    expect(said).toMatch(`Cap${set}: 0000000000000000`);
  const open = [...said.matchAll(/^open=(.*)$/gm)].map(([, path]) => path);
  expect(open.length).toBeGreaterThan(0);
  for (const path of open) expect(path).toMatch(/^\/dev\/(?:pts\/\d+|tty)$/);
  expect(said).toContain("shadow=closed");
  expect(said).toContain("kill=refused");
});

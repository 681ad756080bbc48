// Shells of this machine. The child leads a session of its own and opens the terminal itself, which makes it the session's; it has
// none of the agent's descriptors and none of its environment.
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, chownSync, closeSync, constants, existsSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type {
  ShellExit,
  Terminal,
  TerminalListener,
  TerminalRequest,
  Terminals,
} from "../terminal.ts";
import { openPty, type Pty } from "./pty.ts";
import { findUser, ownUser, type SystemUser } from "./users.ts";

/** How long what a shell has said may take to come once it has ended: a program in the background keeps its terminal open. */
export const LAST_OUTPUT_MS = 200;
/** How long a program that was told of the end of its terminal may take to end. */
export const HANG_UP_GRACE_MS = 5_000;
/** How soon a terminal is asked again that took no more: its reader is a program, and says nothing when it has read. */
export const WRITE_RETRY_MS = 10;

const superPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const userPath = "/usr/local/bin:/usr/bin:/bin";
/** Where `setpriv` is, which gives a user all of their groups. */
const setprivPaths = ["/usr/bin/setpriv", "/bin/setpriv"];

const unavailable = (because: string, cause?: unknown) =>
  fail("shell.unavailable", { because }, cause);

/** The user whose shell may be opened. Throws `config.invalid`. */
export const shellUserOf = (name: string | null): SystemUser => {
  const own = ownUser();
  const refuse = (because: string) => fail("config.invalid", { setting: "shell-user", because });
  const user = name === null ? own : findUser(name);
  if (!user) throw refuse(`this machine has no user ${name}`);
  if (own.uid !== 0 && user.uid !== own.uid)
    throw refuse(`the agent runs as ${own.name}, and only root may open a shell of ${user.name}`);
  return user;
};

const requireShell = ({ name, shell }: SystemUser): void => {
  if (/\/(nologin|false)$/.test(shell))
    throw unavailable(`${name} has no login shell (${shell}). Another user: --shell-user NAME`);
  try {
    accessSync(shell, constants.X_OK);
  } catch (error) {
    throw unavailable(`the shell ${shell} of ${name} cannot be run`, error);
  }
};

const environmentOf = ({ name, uid, home, shell }: SystemUser, term: string) => ({
  TERM: term,
  HOME: home,
  USER: name,
  LOGNAME: name,
  SHELL: shell,
  PATH: uid === 0 ? superPath : userPath,
  ...(process.env.LANG === undefined ? {} : { LANG: process.env.LANG }),
  ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
});

const start = (user: SystemUser, path: string, term: string): ChildProcess => {
  const isOther = user.uid !== process.getuid?.();
  const setpriv = isOther ? setprivPaths.find((place) => existsSync(place)) : undefined;
  const change = setpriv
    ? [setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups", "--"]
    : [];
  if (isOther) chownSync(path, user.uid, -1);
  // The first terminal that the leader of a session opens is the session's.
  const attach = 'cd "$1" 2>/dev/null || cd /; shift; exec "$@" <"$0" >"$0" 2>&1';
  const args = ["-c", attach, path, user.home, ...change, user.shell, "-l"];
  return spawn("/bin/sh", args, {
    cwd: "/",
    detached: true,
    stdio: "ignore",
    env: environmentOf(user, term),
    ...(isOther && !setpriv ? { uid: user.uid, gid: user.gid } : {}),
  });
};

/** What waits to be written, in order: the terminal takes as much as the program behind it has room for. */
const createWriter = (handle: number, clock: Clock, onDrain: () => void) => {
  const waiting: Uint8Array[] = [];
  let again: { cancel(): void } | undefined;
  const flush = (): void => {
    again = undefined;
    for (let bytes = waiting[0]; bytes; bytes = waiting[0]) {
      let written = 0;
      try {
        written = writeSync(handle, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
          waiting.length = 0; // nobody is at the other end any more
          return;
        }
      }
      if (written === bytes.length) waiting.shift();
      else {
        waiting[0] = bytes.subarray(written);
        again = clock.after(WRITE_RETRY_MS, flush);
        return;
      }
    }
    onDrain();
  };
  return {
    write(bytes: Uint8Array): boolean {
      // The sender's buffer is the sender's again after the call.
      waiting.push(Uint8Array.from(bytes));
      if (again) return false;
      if (waiting.length === 1) flush();
      return waiting.length === 0;
    },
    stop(): void {
      again?.cancel();
      waiting.length = 0;
    },
  };
};

const signalGroup = (group: number | undefined, signal: NodeJS.Signals): void => {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // ended by itself
  }
};

const serve = (
  pty: Pty,
  child: ChildProcess,
  listener: TerminalListener,
  clock: Clock,
): Terminal => {
  const screen = new ReadStream(pty.handle);
  const leader = child.pid;
  let exit: ShellExit | undefined;
  let isOpen = true;
  let isOutputOver = false;
  const writer = createWriter(pty.handle, clock, () => listener.onDrain());
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    writer.stop();
    screen.destroy();
  };
  const finish = (): void => {
    if (!exit) return;
    const told = exit;
    exit = undefined;
    close();
    listener.onExit(told);
  };
  const onOutputOver = (): void => {
    isOutputOver = true;
    finish();
  };
  screen.on("data", (bytes: Buffer) => listener.onData(bytes));
  // Linux says EIO where the last program has closed the terminal.
  screen.on("error", onOutputOver).on("end", onOutputOver);
  const onEnd = (told: ShellExit): void => {
    exit = told;
    if (isOutputOver || !isOpen) {
      finish();
      return;
    }
    const look = (before: number): void => {
      clock.after(LAST_OUTPUT_MS, () => {
        const now = screen.bytesRead;
        // A reader who is slow is waited for: what comes of it has an end, since nobody writes any more.
        if (now === before && !screen.isPaused()) finish();
        else if (exit) look(now);
      });
    };
    look(screen.bytesRead);
  };
  child.once("exit", (code, signal) => onEnd({ code, signal }));
  child.once("error", () => onEnd({ code: 127, signal: null }));
  return {
    write: (bytes) => isOpen && writer.write(bytes),
    pause: () => void screen.pause(),
    resume: () => void screen.resume(),
    resize: (cols, rows) => {
      if (isOpen) pty.resize(cols, rows);
    },
    hangUp() {
      if (!isOpen) return;
      signalGroup(pty.foreground(), "SIGHUP");
      close();
      clock.after(HANG_UP_GRACE_MS, () => {
        if (child.exitCode === null && child.signalCode === null) signalGroup(leader, "SIGKILL");
      });
    },
  };
};

/** Shells of a user; null: the owner wants none opened. */
export const openTerminals = (user: SystemUser | null, clock: Clock): Terminals => ({
  user: user?.name ?? null,
  open({ cols, rows, term }: TerminalRequest, listener) {
    if (!user) throw unavailable("its owner turned it off (the agent's --shell off)");
    requireShell(user);
    const pty = openPty();
    try {
      pty.resize(cols, rows);
      return serve(pty, start(user, pty.path, term), listener, clock);
    } catch (error) {
      closeSync(pty.handle);
      throw unavailable("its process could not be started", error);
    }
  },
});

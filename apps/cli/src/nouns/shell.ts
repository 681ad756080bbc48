import { execFileSync } from "node:child_process";
import { constants } from "node:os";
import { openShell, type Shell } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { type KeyFlags, reachOf, withKey } from "../reach.ts";

const lineEnds = new Set([10, 13]);
const [tilde, dot] = [126, 46];

/** Passes on what is typed; `~.` at the beginning of a line hangs up, as ssh users expect. */
const typing = (shell: Shell, onHangUp: () => void) => {
  let isLineStart = true;
  let hasTilde = false;
  return (bytes: Buffer): void => {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (hasTilde) {
        hasTilde = false;
        if (byte === dot) {
          onHangUp();
          shell.close();
          return;
        }
        // Two of them are one; before anything else it was meant.
        if (byte !== tilde) passed.push(tilde);
      } else if (isLineStart && byte === tilde) {
        hasTilde = true;
        continue;
      }
      passed.push(byte);
      isLineStart = lineEnds.has(byte);
    }
    if (passed.length > 0) shell.write(Uint8Array.from(passed));
  };
};

const sizeOf = ({ columns = 80, rows = 24 }: { columns?: number; rows?: number }) => ({
  cols: Math.min(1_000, Math.max(1, columns)),
  rows: Math.min(1_000, Math.max(1, rows)),
});

const stty = (...args: readonly string[]): string =>
  execFileSync("stty", args, { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" }).trim();

/**
 * Hands the terminal over to the board's, byte for byte in both directions; answers how to give it back. Node's own raw mode goes on
 * turning line feeds into two characters, which the board's terminal has done already: full-screen programs would be garbled.
 */
const handOver = (stdin: typeof process.stdin): (() => void) => {
  let before: string;
  try {
    before = stty("-g");
    stty("raw", "-echo");
  } catch {
    stdin.setRawMode(true); // a system without `stty`
    return () => void stdin.setRawMode(false);
  }
  const giveBack = (): void => void stty(before);
  // Whoever ends us, the terminal is its user's again.
  const onSignal = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);
  const signals = ["SIGTERM", "SIGHUP"] as const;
  process.once("exit", giveBack);
  for (const signal of signals) process.once(signal, onSignal);
  return () => {
    process.off("exit", giveBack);
    for (const signal of signals) process.off(signal, onSignal);
    giveBack();
  };
};

const serve = async (context: Context, board: string, flags: KeyFlags): Promise<number> => {
  const { stdin, stdout } = process;
  const isTerminal = stdin.isTTY === true;
  const shell = await openShell(context.client(), {
    ...(await reachOf(context, board, flags)),
    ...sizeOf(stdout),
    ...(process.env.TERM === undefined ? {} : { term: process.env.TERM }),
    onData: (bytes, shown) => void stdout.write(bytes, () => shown()),
  });
  let hasHungUp = false;
  const type = isTerminal
    ? typing(shell, () => {
        hasHungUp = true;
      })
    : (bytes: Buffer) => shell.write(bytes);
  const resize = (): void => {
    const { cols, rows } = sizeOf(stdout);
    shell.resize(cols, rows);
  };
  const giveBack = isTerminal ? handOver(stdin) : () => {};
  stdin.on("data", type).once("end", () => shell.end());
  stdout.on("resize", resize);
  try {
    const { code, signal } = await shell.ended;
    return code ?? 128 + (signal ? (constants.signals[signal as NodeJS.Signals] ?? 0) : 0);
  } catch (error) {
    if (hasHungUp) return 0;
    throw error;
  } finally {
    giveBack();
    stdout.off("resize", resize);
    stdin.off("data", type).destroy();
  }
};

export const register = (program: Command): void => {
  const command = withKey(
    program
      .command("shell")
      .description("a shell on a board, of the user that its owner allows; ~. hangs up")
      .argument("<board>", "id or name"),
  );
  examples(
    command,
    "shell lamp-7",
    "echo uptime | s4t shell lamp-7",
    "shell lamp-7 --key ~/messina.key",
  );
  run(command, async (context, [board = ""], flags: KeyFlags) => {
    process.exitCode = await serve(context, board, flags);
  });
};

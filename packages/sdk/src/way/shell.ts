// A shell on a board, for whatever shows it: a terminal of this machine or one in a page.
import { check, fail, ShellMessage } from "@s4t/contract";
import type { Client } from "../client.ts";
import { brokenOff, openStream, type ReachOptions } from "./way.ts";

/** How a shell ended. */
export interface ShellEnd {
  /** Exit code; null after a signal. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ShellOptions extends ReachOptions {
  readonly cols: number;
  readonly rows: number;
  /** Type of the terminal; `xterm-256color` unless said. */
  readonly term?: string | undefined;
  /** Shows bytes; calls `shown` when they are, so that no more comes than is looked at. */
  readonly onData: (bytes: Uint8Array, shown: () => void) => void;
}

/** A shell that is open. */
export interface Shell {
  write(bytes: Uint8Array | string): void;
  /** No more is typed: the shell reads the end of its input. */
  end(): void;
  resize(cols: number, rows: number): void;
  /** Hangs up. */
  close(): void;
  /** Resolves with how it ended; rejects where the connection broke. */
  readonly ended: Promise<ShellEnd>;
}

const encoder = new TextEncoder();

/**
 * Opens a shell.
 *
 * @example
 * const shell = await openShell(client, { board: "lamp-7", dial, cols: 80, rows: 24, onData: (bytes, shown) => terminal.write(bytes, shown) });
 * shell.write("uptime\n");
 */
export const openShell = async (client: Client, options: ShellOptions): Promise<Shell> => {
  const { cols, rows, term, onData } = options;
  const size = { cols, rows, ...(term === undefined ? {} : { term }) };
  const { stream, close } = await openStream(client, options, "shell", size);
  let isOver = false;
  const ended = new Promise<ShellEnd>((resolve, reject) => {
    let end: ShellEnd | undefined;
    /** Bytes that are not shown yet: the end is told after the last of them. */
    let showing = 0;
    const settle = (): void => {
      if (isOver || !end || showing > 0) return;
      isOver = true;
      close();
      resolve(end);
    };
    stream.listen({
      onData(bytes) {
        const { length } = bytes;
        showing += length;
        onData(bytes, () => {
          showing -= length;
          stream.consumed(length);
          settle();
        });
      },
      onMessage(message) {
        const said = check(ShellMessage, message, "message");
        if (said.kind === "exit") end = { code: said.code, signal: said.signal };
      },
      onEnd() {
        stream.end();
        if (!end) end = { code: null, signal: null };
        settle();
      },
      onReset(reason) {
        if (isOver) return;
        isOver = true;
        close();
        reject(brokenOff(reason));
      },
    });
    options.signal?.addEventListener("abort", () => {
      if (isOver) return;
      isOver = true;
      stream.reset("cancelled");
      close();
      reject(fail("request.canceled"));
    });
  });
  return {
    write: (bytes) => void stream.write(typeof bytes === "string" ? encoder.encode(bytes) : bytes),
    end: () => stream.end(),
    resize: (newCols, newRows) => {
      stream.message({ kind: "window", cols: newCols, rows: newRows });
    },
    close() {
      stream.reset("cancelled");
    },
    ended,
  };
};

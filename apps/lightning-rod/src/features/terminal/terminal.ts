// Shells through a tunnel: a stream and a terminal joined, each slowed to the other's pace.
import { check, fail, ShellMessage, type StreamArgs } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { IncomingStream, Stream } from "@s4t/tunnel";
import type { Terminal, Terminals } from "../../platform/terminal.ts";

/** Shells at once: each is a process or more. */
export const MAX_SHELLS = 16;
/** How often a shell is told again that nobody types any more: between two states of its terminal the word is lost. */
export const END_OF_INPUT_MS = 1_000;
/** What a program reads where nobody types any more: the end of its input. */
const endOfInput = Uint8Array.of(4);

export interface Shells {
  /** Serves streams of the kind `shell`. */
  open(args: StreamArgs<"shell">, incoming: IncomingStream): void;
  /** Hangs up on all. */
  close(): void;
}

const windowOf = (message: unknown): { cols: number; rows: number } | undefined => {
  try {
    const said = check(ShellMessage, message, "message");
    return said.kind === "window" ? said : undefined;
  } catch {
    return undefined; // of a later client: nothing that this board could do
  }
};

/** Makes the feature. */
export const createShells = (terminals: Terminals, clock: Clock): Shells => {
  const open = new Set<Terminal>();

  const serve = (args: StreamArgs<"shell">, incoming: IncomingStream): void => {
    const { cols, rows, term = "xterm-256color" } = args;
    if (open.size >= MAX_SHELLS)
      throw fail("stream.busy", { because: `${MAX_SHELLS} shells are open on this board` });
    let stream: Stream | undefined;
    /** Bytes of the user that the terminal has not taken yet. */
    let waiting = 0;
    let ending: { cancel(): void } | undefined;
    const endInput = (): void => {
      terminal.write(endOfInput);
      ending = clock.after(END_OF_INPUT_MS, endInput);
    };
    const terminal = terminals.open(
      { cols, rows, term },
      {
        onData(bytes) {
          if (stream?.write(bytes) === false) terminal.pause();
        },
        onDrain() {
          stream?.consumed(waiting);
          waiting = 0;
        },
        onExit({ code, signal }) {
          open.delete(terminal);
          ending?.cancel();
          stream?.message({ kind: "exit", code, signal });
          stream?.end();
        },
      },
    );
    open.add(terminal);
    stream = incoming.accept();
    stream.listen({
      onData(bytes) {
        waiting += bytes.length;
        if (!terminal.write(bytes)) return;
        stream?.consumed(waiting);
        waiting = 0;
      },
      onMessage(message) {
        const size = windowOf(message);
        if (size) terminal.resize(size.cols, size.rows);
      },
      onEnd: endInput,
      onReset() {
        ending?.cancel();
        open.delete(terminal);
        terminal.hangUp();
      },
      onDrain: () => terminal.resume(),
    });
  };

  return {
    open: serve,
    close() {
      for (const terminal of open) terminal.hangUp();
      open.clear();
    },
  };
};

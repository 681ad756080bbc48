// Terminals as a port: a shell of this machine's user behind a pseudo-terminal.

/** How a shell ended. */
export interface ShellExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface TerminalListener {
  onData(bytes: Uint8Array): void;
  /** All that was written has been taken. */
  onDrain(): void;
  /** Once, after the last of its output. */
  onExit(exit: ShellExit): void;
}

/** One shell. */
export interface Terminal {
  /** False: it does not take more at the moment; `onDrain` follows. What was given is kept and written in order. */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  resize(cols: number, rows: number): void;
  /** As when a line is dropped: the programs in the foreground are told, and end. */
  hangUp(): void;
}

export interface TerminalRequest {
  readonly cols: number;
  readonly rows: number;
  readonly term: string;
}

export interface Terminals {
  /** Whose shell it is; null where none can be opened. */
  readonly user: string | null;
  /** Throws `shell.unavailable`. */
  open(request: TerminalRequest, listener: TerminalListener): Terminal;
}

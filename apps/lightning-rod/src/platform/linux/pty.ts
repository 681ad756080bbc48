// Pseudo-terminals: what Node cannot ask the system for is asked through a native module, which is loaded with the first shell. An
// agent that never opens one never pays for it. The module calls any function of the C library (koffi, without its JavaScript): one
// file for every Node, and nothing is compiled on a board, as a terminal library of its own would need.
import { closeSync, constants, openSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "@s4t/contract";

/** `TIOCSWINSZ` and `TIOCGPGRP`, alike on all machines that Node runs on under Linux. */
const setWindowSize = 0x5414;
const getForegroundGroup = 0x540f;
const closeOnExec = 0o2000000;
/** `close_range` and its flag that only marks: what the agent itself was started with must not reach a shell either. */
const closeRange = 436;
const onlyMark = 4;
/** Longest name of a terminal's device: `/dev/pts/` and a number. */
const nameBytes = 64;

interface Native {
  grantpt(handle: number): number;
  unlockpt(handle: number): number;
  ptsname_r(handle: number, name: Buffer, bytes: number): number;
  ioctl(handle: number, request: number, argument: Buffer): number;
  syscall(number: number, first: number, last: number, flags: number): number;
}
interface Koffi {
  load(name: null): { func(prototype: string): (...args: unknown[]) => number };
}

/** A pseudo-terminal whose other end nobody has opened yet. */
export interface Pty {
  /** Does not block, and goes to no child. */
  readonly handle: number;
  /** Device of the other end. */
  readonly path: string;
  resize(cols: number, rows: number): void;
  /** Group of processes in the foreground, where there is one. */
  foreground(): number | undefined;
}

/** Where the native module may be: beside the installed agent, or among the packages of a checkout. */
const places = (): readonly string[] => {
  const beside = join(fileURLToPath(new URL(".", import.meta.url)), "koffi.node");
  const name = `linux_${process.arch}`;
  return [beside, `@koromix/koffi-linux-${process.arch}/${name}/koffi.node`];
};

const loadKoffi = (): Koffi => {
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const place of places())
    try {
      return require(place) as Koffi;
    } catch (error) {
      failures.push((error as Error).message.split("\n")[0] ?? place);
    }
  throw fail(
    "shell.unavailable",
    {
      because:
        "its native module koffi.node is not beside the agent, or not for this machine. Bring it: paste again what s4t board enrol prints",
    },
    failures,
  );
};

let loaded: Native | undefined;
/** Throws `shell.unavailable`. */
export const loadNative = (): Native => {
  if (loaded) return loaded;
  const library = loadKoffi().load(null);
  const bind = (prototype: string): never => library.func(prototype) as never;
  loaded = {
    grantpt: bind("int grantpt(int)"),
    unlockpt: bind("int unlockpt(int)"),
    ptsname_r: bind("int ptsname_r(int, _Out_ void *, size_t)"),
    // Variadic in C; on these machines its arguments travel as those of any other function.
    ioctl: bind("int ioctl(int, unsigned long, void *)"),
    syscall: bind("long syscall(long, unsigned int, unsigned int, unsigned int)"),
  };
  return loaded;
};

/** Opens one. Throws `shell.unavailable`. */
export const openPty = (): Pty => {
  const native = loadNative();
  const refuse = (because: string, cause?: unknown) =>
    fail("shell.unavailable", { because }, cause);
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  let handle: number;
  try {
    handle = openSync("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | closeOnExec);
  } catch (error) {
    throw refuse("the system gives no pseudo-terminal (/dev/ptmx)", error);
  }
  // On a kernel that is older than it, what the agent opened itself is marked all the same.
  native.syscall(closeRange, 3, 0xffff_ffff, onlyMark);
  const name = Buffer.alloc(nameBytes);
  if (
    native.grantpt(handle) !== 0 ||
    native.unlockpt(handle) !== 0 ||
    native.ptsname_r(handle, name, nameBytes) !== 0
  ) {
    closeSync(handle);
    throw refuse("the system gives no pseudo-terminal (/dev/pts)");
  }
  return {
    handle,
    path: name.toString("latin1", 0, name.indexOf(0)),
    resize(cols, rows) {
      const size = Buffer.alloc(8);
      new Uint16Array(size.buffer, size.byteOffset, 2).set([rows, cols]);
      native.ioctl(handle, setWindowSize, size);
    },
    foreground() {
      const group = Buffer.alloc(4);
      if (native.ioctl(handle, getForegroundGroup, group) !== 0) return undefined;
      const id = new Int32Array(group.buffer, group.byteOffset, 1)[0] ?? 0;
      return id > 1 ? id : undefined;
    },
  };
};

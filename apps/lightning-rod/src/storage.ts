// Where the agent keeps its state: named texts, each replaced atomically, and journals that are appended to. On a board a folder;
// for simulated boards memory, so that a thousand of them are no thousand folders.
import { closeSync, fsyncSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import {
  makePrivateFolder,
  readFileIfThere,
  removeFileDurably,
  whyUnwritable,
  writeFileAtomic,
} from "@s4t/kit/node";

export interface Storage {
  read(name: string): string | undefined;
  /** Durable when it returns; wholly old or wholly new whatever happens. Throws `board.storage` where the disk refuses. */
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Adds to a journal; `durable` waits for the disk. Throws `board.storage`. */
  append(name: string, text: string, durable: boolean): void;
}

const orRefused = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw fail("board.storage", { because: whyUnwritable(error) }, error);
  }
};

/** A {@link Storage} in a folder of mode 700. */
export const openFolder = (folder: string): Storage => {
  orRefused(() => makePrivateFolder(folder));
  return {
    read: (name) => readFileIfThere(join(folder, name)),
    write: (name, text) => orRefused(() => writeFileAtomic(join(folder, name), text)),
    remove: (name) => orRefused(() => removeFileDurably(join(folder, name))),
    append: (name, text, durable) =>
      orRefused(() => {
        const handle = openSync(join(folder, name), "a", 0o600);
        try {
          const bytes = Buffer.from(text);
          for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
          if (durable) fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
      }),
  };
};

/** Takes away what a killed agent left half written. Only for who holds the folder: another's file may be under way. */
export const sweepFolder = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (/^\..+\.\d+\.new$/.test(name)) rmSync(join(folder, name), { force: true });
};

/** A {@link Storage} that forgets with its process. */
export const openMemory = (): Storage => {
  const texts = new Map<string, string>();
  return {
    read: (name) => texts.get(name),
    write: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
    append: (name, text) => void texts.set(name, (texts.get(name) ?? "") + text),
  };
};

// Where the agent keeps its state: named texts, each replaced atomically, and journals that are appended to. On a board a folder;
// for simulated boards memory, so that a thousand of them are no thousand folders.
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readFileIfThere, removeFileDurably, writeFileAtomic } from "@s4t/kit/node";

export interface Storage {
  read(name: string): string | undefined;
  /** Durable when it returns; wholly old or wholly new whatever happens. */
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Adds to a journal; `durable` waits for the disk. */
  append(name: string, text: string, durable: boolean): void;
}

/** A {@link Storage} in a folder of mode 700. */
export const openFolder = (folder: string): Storage => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    read: (name) => readFileIfThere(join(folder, name)),
    write: (name, text) => writeFileAtomic(join(folder, name), text),
    remove: (name) => removeFileDurably(join(folder, name)),
    append(name, text, durable) {
      const handle = openSync(join(folder, name), "a", 0o600);
      try {
        writeSync(handle, text);
        if (durable) fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
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

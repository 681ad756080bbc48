// What must survive of a thousand simulated boards, in one file: who they are and how far their lane of jobs is. A line a change,
// on disk when a write returns; a line that a crash tore is left out, and that board enrols anew. All else is memory.
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { makePrivateFolder, readFileIfThere, writeFileAtomic } from "@s4t/kit/node";
import { openMemory, type Storage } from "@s4t/lightning-rod/compose";

const fileName = "boards.jsonl";
/** Texts of the agent that are kept: the board's key, its identity, its place in the lane of jobs. */
const kept: ReadonlySet<string> = new Set(["board.key", "identity.json", "jobs.json"]);

export interface Identities {
  /** The storage of one board's agent. */
  storageOf(uuid: string): Storage;
  /** Whether this board has enrolled. */
  has(uuid: string): boolean;
  close(): void;
}

type Line = readonly [uuid: string, name: string, text: string | null];

const parse = (line: string): Line | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) && value.length === 3 ? (value as unknown as Line) : undefined;
  } catch {
    return undefined; // torn by a crash
  }
};

/** Identities that are forgotten with the process. */
export const openForgetful = (uuids: readonly string[]): Identities => {
  const boards = new Map(uuids.map((uuid) => [uuid, openMemory()]));
  return {
    storageOf: (uuid) => boards.get(uuid) ?? openMemory(),
    has: () => false,
    close: () => {},
  };
};

/** Opens the file of a folder for these boards; what it holds of others is dropped. Throws `data.unwritable`. */
export const openIdentities = (folder: string, uuids: readonly string[]): Identities => {
  const boards = new Map(uuids.map((uuid) => [uuid, new Map<string, string>()]));
  const path = join(folder, fileName);
  const lineOf = (...line: Line): string => `${JSON.stringify(line)}\n`;
  let handle: number;
  try {
    makePrivateFolder(folder);
    for (const line of (readFileIfThere(path) ?? "").split("\n").map(parse)) {
      const texts = line && boards.get(line[0]);
      if (line?.[2] === null) texts?.delete(line[1]);
      else if (line) texts?.set(line[1], line[2]);
    }
    writeFileAtomic(
      path,
      [...boards]
        .flatMap(([uuid, texts]) => [...texts].map(([name, text]) => lineOf(uuid, name, text)))
        .join(""),
    );
    handle = openSync(path, "a");
  } catch (cause) {
    throw fail("data.unwritable", { folder, because: (cause as Error).message }, cause);
  }
  const note = (uuid: string, name: string, text: string | null): void => {
    writeSync(handle, lineOf(uuid, name, text));
    fsyncSync(handle);
  };
  return {
    storageOf(uuid) {
      const memory = openMemory();
      for (const [name, text] of boards.get(uuid) ?? []) memory.write(name, text);
      return {
        ...memory,
        write(name, text) {
          if (kept.has(name) && memory.read(name) !== text) note(uuid, name, text);
          memory.write(name, text);
        },
        remove(name) {
          if (kept.has(name) && memory.read(name) !== undefined) note(uuid, name, null);
          memory.remove(name);
        },
      };
    },
    has: (uuid) => boards.get(uuid)?.has("identity.json") === true,
    close: () => closeSync(handle),
  };
};

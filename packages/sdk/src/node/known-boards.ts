// Which key a board has, as its owner's machine remembers it: lines `NAME KEY` in a file beside the owner's key, as ssh keeps its
// known hosts. A name that was never met is believed once; from then on the cloud can pass no other board off as it.
import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { fail } from "@s4t/contract";
import { readFileIfThere } from "@s4t/kit/node";
import type { Owner } from "@s4t/sdk";

/** The file that belongs to an owner's key. */
export const knownBoardsFile = (keyFile: string): string => `${keyFile}.boards`;

interface KnownBoard {
  readonly name: string;
  readonly key: string;
}

const read = (file: string): KnownBoard[] =>
  (readFileIfThere(file) ?? "").split("\n").flatMap((line) => {
    const [name, key] = line.trim().split(/\s+/);
    return name === undefined || key === undefined || name.startsWith("#") ? [] : [{ name, key }];
  });

/** Only added to, so that two commands at once lose nothing of each other. */
const append = async (file: string, { name, key }: KnownBoard): Promise<void> => {
  const handle = await open(file, "a", 0o600);
  try {
    await handle.appendFile(`${name} ${key}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Recognises boards by a file. `onFirst` hears of a board that was not known, and of other names for the same key: a board may
 * have been renamed, or the cloud passes one off as another. Throws `board.key-changed` for one that is known by another key.
 */
export const recogniseBy =
  (
    file: string,
    onFirst: (name: string, key: string, others: readonly string[]) => void,
  ): Owner["recognise"] =>
  async (name, key) => {
    const known = read(file);
    const same = known.filter((each) => each.name === name);
    if (same.some((each) => each.key !== key))
      throw fail("board.key-changed", { board: name, file });
    if (same.length > 0) return;
    await append(file, { name, key });
    const others = known.filter((each) => each.key === key).map((each) => each.name);
    onFirst(name, key, others);
  };

/** An owner has another key: its file knows the boards that the one before knew. What is there already stays. */
export const carryBoardsOver = async (keyFile: string, nextKeyFile: string): Promise<void> => {
  try {
    const [from, to] = [knownBoardsFile(keyFile), knownBoardsFile(nextKeyFile)];
    await copyFile(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  }
};

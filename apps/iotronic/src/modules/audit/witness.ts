// The outside witness: a file, best on another machine's disk, that every head is appended to together with the leaves since
// the one before. What is written there cannot be taken back by whoever holds the database and the key.
import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type AuditHead, fail } from "@s4t/contract";
import { isDiskFull } from "@s4t/kit/node";

/** One line of the witness. */
export interface WitnessLine {
  readonly head: AuditHead;
  /** Leaves since the head before, so that the first bad entry can be named. */
  readonly leaves: readonly string[];
}

export interface Witness {
  /**
   * Resolves when the line is on the disk, which may be slow: nobody else waits for it. One at a time; wholly or not at all.
   * Throws `cloud.storage-full` and `cloud.unavailable`.
   */
  append(line: WitnessLine): Promise<void>;
  /** All lines; a torn one (power cut while appending) is left out. Throws `cloud.unavailable`. */
  read(): readonly WitnessLine[];
}

const away = (error: unknown): unknown =>
  isDiskFull(error)
    ? fail("cloud.storage-full", undefined, error)
    : fail("cloud.unavailable", { because: "the witness of its audit log does not answer" }, error);

const appendTo = async (handle: FileHandle, text: string): Promise<void> => {
  const { size } = await handle.stat();
  const last = size === 0 ? "\n" : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer;
  try {
    // After a line that a power cut tore, a new one begins.
    await handle.appendFile(String(last) === "\n" ? text : `\n${text}`);
    await handle.sync();
  } catch (error) {
    await handle.truncate(size);
    throw error;
  }
};

/** A witness in a file of JSON lines, flushed at every head. */
export const openWitness = (file: string): Witness => ({
  async append(line) {
    try {
      await using handle = await open(file, "a+", 0o600);
      await appendTo(handle, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw away(error);
    }
  },
  read() {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // no witness yet
      throw away(error);
    }
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    return whole.split("\n").flatMap((line) => {
      if (line === "") return [];
      try {
        return [JSON.parse(line) as WitnessLine];
      } catch {
        return []; // a line torn by a power cut, followed by whole ones
      }
    });
  },
});

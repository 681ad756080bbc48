// The outside witness: a file, best on another machine's disk, that every head is appended to together with the leaves since
// the one before. What is written there cannot be taken back by whoever holds the database and the key.
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { AuditHead } from "@s4t/contract";

/** One line of the witness. */
export interface WitnessLine {
  readonly head: AuditHead;
  /** Leaves since the head before, so that the first bad entry can be named. */
  readonly leaves: readonly string[];
}

export interface Witness {
  /** Resolves when the line is on the disk, which may be slow: nobody else waits for it. One at a time. */
  append(line: WitnessLine): Promise<void>;
  /** All lines; a torn last one (power cut while appending) is left out. */
  read(): readonly WitnessLine[];
}

/** A witness in a file of JSON lines, flushed at every head. */
export const openWitness = (file: string): Witness => ({
  async append(line) {
    const handle = await open(file, "a+", 0o600);
    try {
      // After a line that a full disk or a power cut tore, a new one begins.
      const { size } = await handle.stat();
      const last = size === 0 ? "\n" : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer;
      const torn = String(last) !== "\n";
      await handle.appendFile(`${torn ? "\n" : ""}${JSON.stringify(line)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  read() {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      return []; // no witness yet
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

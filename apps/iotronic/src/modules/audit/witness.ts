// The outside witness: a file, best on another machine's disk, that every head is appended to together with the leaves since
// the one before. What is written there cannot be taken back by whoever holds the database and the key.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { AuditHead } from "@s4t/contract";

/** One line of the witness. */
export interface WitnessLine {
  readonly head: AuditHead;
  /** Leaves since the head before, so that the first bad entry can be named. */
  readonly leaves: readonly string[];
}

export interface Witness {
  append(line: WitnessLine): void;
  /** All lines; a torn last one (power cut while appending) is left out. */
  read(): readonly WitnessLine[];
}

/** A witness in a file of JSON lines, flushed at every head. */
export const openWitness = (file: string): Witness => ({
  append(line) {
    const handle = openSync(file, "a", 0o600);
    try {
      writeSync(handle, `${JSON.stringify(line)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
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

// A machine whose clock the test sets, and a storage that refuses when the test says so.
import { fail } from "@s4t/contract";
import type { JournalMachine } from "../src/reports/journal.ts";
import { openMemory, type Storage } from "../src/storage.ts";

export interface TestMachine extends JournalMachine {
  bootId: string;
  wallMs: number;
  upMs: number;
}

/** A machine at a moment of 2027, ten seconds after its boot. */
export const openMachine = (): TestMachine => ({
  bootId: "boot-1",
  wallMs: Date.UTC(2027, 0, 1),
  upMs: 10_000,
  now() {
    return this.wallMs;
  },
  uptimeMs() {
    return this.upMs;
  },
});

/** Memory that is as full, or as read-only, as the test says. */
export const openRefusing = (): Storage & { refuses: boolean } => {
  const memory = openMemory();
  const disk = {
    ...memory,
    refuses: false,
    write(name: string, text: string) {
      if (disk.refuses) throw fail("board.storage", { because: "the disk is full" });
      memory.write(name, text);
    },
    append(name: string, text: string, durable: boolean) {
      if (disk.refuses) throw fail("board.storage", { because: "the disk is full" });
      memory.append(name, text, durable);
    },
  };
  return disk;
};

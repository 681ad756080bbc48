import type { ReportRow } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { openMemory } from "../storage.ts";
import { MAX_JOURNAL_ROWS, openJournal } from "./journal.ts";

const point = (i: number): ReportRow => ({
  kind: "points",
  atMs: i,
  monotonicMs: i,
  values: { a: i },
});
const valuesOf = (rows: readonly ReportRow[]) =>
  rows.map((row) => (row.kind === "points" ? row.atMs : row.kind));

describe("the report journal", () => {
  it("hands rows out in order until they are acknowledged, across restarts, under the same numbers", () => {
    const storage = openMemory();
    const journal = openJournal(storage);
    for (let i = 1; i <= 10; i += 1) journal.append(point(i));
    journal.acknowledge(4);
    const again = openJournal(storage);
    expect(again.bootId).toBe(journal.bootId);
    // The file may still hold what was acknowledged: the cloud knows these numbers and drops them.
    const next = again.next(100);
    expect(valuesOf(next?.rows ?? []).slice(-6)).toEqual([5, 6, 7, 8, 9, 10]);
    expect((next?.seq ?? 0) + (next?.rows.length ?? 0) - 1).toBe(10);
    again.append(point(11));
    expect(again.next(100)?.rows.length).toBe((next?.rows.length ?? 0) + 1);
  });
  it("leaves out a tail that a power cut tore, and goes on behind it", () => {
    const storage = openMemory();
    const journal = openJournal(storage);
    journal.append(point(1));
    journal.append(point(2));
    const text = storage.read("reports.journal") ?? "";
    for (const torn of [
      text.slice(0, -5),
      `${text.slice(0, -5)}\u0000\u0000\n`,
      `${text}deadbeef [3,{"kind":"poi`,
    ]) {
      storage.write("reports.journal", torn);
      const again = openJournal(storage);
      expect(valuesOf(again.next(9)?.rows ?? [])[0]).toBe(1);
      again.append(point(9));
      expect(valuesOf(again.next(9)?.rows ?? []).at(-1)).toBe(9);
    }
  });
  it("stays bounded, drops the oldest values first and says how many", () => {
    const journal = openJournal(openMemory());
    journal.append({ kind: "result", id: "job", state: "done" });
    for (let i = 1; i <= MAX_JOURNAL_ROWS + 10; i += 1) journal.append(point(i));
    expect(journal.size).toBeLessThanOrEqual(MAX_JOURNAL_ROWS);
    const rows = journal.next(MAX_JOURNAL_ROWS)?.rows ?? [];
    expect(rows[0]).toMatchObject({ kind: "dropped", fromMs: 1 });
    expect(rows.some((row) => row.kind === "result")).toBe(true);
    const [first] = rows;
    const lost = first?.kind === "dropped" ? first.count : 0;
    expect(rows.filter((row) => row.kind === "points").length + lost).toBe(MAX_JOURNAL_ROWS + 10);
  });
});

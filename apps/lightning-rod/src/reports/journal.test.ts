import { check, ReportRow } from "@s4t/contract";
import { seeded, silentLog } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { openMachine, openRefusing } from "../../test/machine.ts";
import { openMemory, type Storage } from "../storage.ts";
import {
  DISK_RETRY_MS,
  type Journal,
  MAX_BATCH_LENGTH,
  MAX_JOURNAL_BYTES,
  MAX_JOURNAL_ROWS,
  openJournal as open,
} from "./journal.ts";

const openJournal = (storage: Storage, machine = openMachine()) =>
  open(storage, machine, silentLog);
const day = 86_400_000;

const point = (i: number): ReportRow => ({
  kind: "points",
  atMs: Date.UTC(2027, 0, 1) + i,
  monotonicMs: 10_000 + i,
  values: { a: i },
});
/** Every row that waits, batch by batch as the link takes them. */
const drain = (journal: Journal): ReportRow[] => {
  const rows: ReportRow[] = [];
  for (let next = journal.next(500); next; next = journal.next(500)) {
    rows.push(...next.rows);
    journal.acknowledge(next.seq + next.rows.length - 1);
  }
  return rows;
};
const valuesOf = (rows: readonly ReportRow[]) =>
  rows.map((row) => (row.kind === "points" ? row.values.a : row.kind));

describe("the report journal", () => {
  it("hands rows out in order until they are acknowledged, across restarts, under the same numbers", () => {
    const storage = openMemory();
    const journal = openJournal(storage);
    for (let i = 1; i <= 10; i += 1) journal.append(point(i));
    const first = journal.next(1)?.seq ?? 0;
    journal.acknowledge(first + 3);
    const again = openJournal(storage);
    expect(again.bootId).toBe(journal.bootId);
    // The file may still hold what was acknowledged: the cloud knows these numbers and drops them.
    const next = again.next(100);
    expect(valuesOf(next?.rows ?? []).slice(-6)).toEqual([5, 6, 7, 8, 9, 10]);
    expect((next?.seq ?? 0) + (next?.rows.length ?? 0) - 1).toBe(first + 9);
    again.append(point(11));
    again.acknowledge(first + 9);
    expect(valuesOf(again.next(100)?.rows ?? [])).toEqual([11]);
  });
  it("leaves out what only says again what was said, until the cloud turns out not to know it", () => {
    const journal = openJournal(openMemory());
    const kinds = (rows: readonly ReportRow[]) => rows.map(({ kind }) => kind);
    const info = (uptimeS: number, name = "a") =>
      ({ kind: "info", info: { uptimeS, hostname: name } }) as unknown as ReportRow;
    const series: ReportRow = { kind: "series", series: {} };
    const sayAll = () => {
      journal.append(info(1));
      journal.append(series);
    };
    sayAll();
    sayAll();
    journal.append(info(60)); // up for longer is no news
    const seq = journal.next(9)?.seq ?? 0;
    expect(kinds(drain(journal))).toEqual(["info", "series"]);
    sayAll();
    journal.confirm({ bootId: journal.bootId, seq: seq + 1 });
    sayAll();
    expect(journal.size).toBe(0);
    journal.append(info(1, "b"));
    expect(kinds(drain(journal))).toEqual(["info"]);
    // A restored backup has the first two only.
    journal.confirm({ bootId: journal.bootId, seq: seq + 1 });
    journal.append(info(1, "b"));
    journal.append(series);
    journal.append(series);
    expect(kinds(drain(journal))).toEqual(["info", "series"]);
    journal.sayAgain("series");
    sayAll();
    expect(kinds(drain(journal))).toEqual(["info", "series"]);
  });
  it("lets go of what the cloud has, though its answer was lost", () => {
    const journal = openJournal(openMemory());
    for (let i = 1; i <= 3; i += 1) journal.append(point(i));
    const seq = journal.next(1)?.seq ?? 0;
    journal.confirm({ bootId: journal.bootId, seq: seq + 1 });
    expect(valuesOf(drain(journal))).toEqual([3]);
  });
  it("says as of now how long its machine has been up", () => {
    const machine = openMachine();
    const journal = openJournal(openMemory(), machine);
    journal.append({ kind: "info", info: { uptimeS: 1 } } as unknown as ReportRow);
    const before = machine.uptimeMs();
    machine.upMs += 7_200_000;
    const [row] = drain(journal);
    expect(row).toMatchObject({ info: { uptimeS: Math.round((before + 7_200_000) / 1_000) } });
  });
  it("does not grow by what is said anew at each of ten thousand joins, and keeps what is said once", () => {
    const journal = openJournal(openMemory());
    journal.append({ kind: "result", id: "job", state: "done" });
    journal.append(point(1));
    for (let i = 0; i < 10_000; i += 1)
      journal.append({ kind: "entries", revision: i, entries: [] });
    expect(journal.size).toBeLessThanOrEqual(MAX_JOURNAL_ROWS);
    const rows = drain(journal);
    expect(rows.slice(0, 2).map(({ kind }) => kind)).toEqual(["result", "points"]);
    expect(rows.at(-1)).toMatchObject({ kind: "entries", revision: 9_999 });
    expect(rows.some(({ kind }) => kind === "dropped")).toBe(false);
  });
  it("hands out no more at once than fits a frame, and a long row alone", () => {
    const journal = openJournal(openMemory());
    const wide = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`series-${i}-${"x".repeat(80)}`, i]),
    );
    for (let i = 0; i < 20; i += 1)
      journal.append({ kind: "points", atMs: i, monotonicMs: i, values: wide });
    let count = 0;
    for (let next = journal.next(500); next; next = journal.next(500)) {
      expect(JSON.stringify(next.rows).length).toBeLessThan(MAX_BATCH_LENGTH);
      journal.acknowledge(next.seq + next.rows.length - 1);
      count += next.rows.length;
    }
    expect(count).toBe(20);
    const text = "x".repeat(MAX_BATCH_LENGTH);
    journal.append({ kind: "result", id: "j", state: "done", result: text });
    journal.append(point(1));
    expect(journal.next(500)?.rows).toHaveLength(1);
  });
  it("numbers new rows past all that a power cut may have taken from the file after the cloud had it", () => {
    const storage = openMemory();
    const journal = openJournal(storage);
    const onDisk = storage.read("reports.journal") ?? "";
    for (let i = 1; i <= 10; i += 1) journal.append(point(i));
    const acked = (journal.next(10)?.seq ?? 0) + 9;
    storage.write("reports.journal", onDisk);
    const again = openJournal(storage);
    again.append(point(11));
    expect(again.bootId).toBe(journal.bootId);
    expect(again.next(1)?.seq).toBeGreaterThan(acked);
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
      again.append(point(9));
      const values = valuesOf(drain(again));
      expect([values[0], values.at(-1)]).toEqual([1, 9]);
    }
  });
  it("tells that rows were lost on a damaged disk, and keeps all others", () => {
    const seed = Date.now() % 2 ** 31;
    const random = seeded(seed);
    for (let round = 0; round < 50; round += 1) {
      const storage = openMemory();
      const journal = openJournal(storage);
      for (let i = 1; i <= 20; i += 1) journal.append(point(i));
      const bytes = Buffer.from(storage.read("reports.journal") ?? "", "latin1");
      const at = Math.floor(random() * bytes.length);
      const torn = Math.min(bytes.length, at + 1 + Math.floor(random() * 40));
      for (let i = at; i < torn; i += 1) bytes[i] = Math.floor(random() * 256);
      storage.write("reports.journal", bytes.toString("latin1"));
      const again = openJournal(storage);
      const rows = drain(again);
      for (const row of rows) expect(check(ReportRow, row)).toBe(row);
      const points = rows.filter((row) => row.kind === "points").length;
      const told = rows.some((row) => row.kind === "dropped");
      expect(points === 20 || told, `seed ${seed}, round ${round}`).toBe(true);
      expect(points, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(15);
      expect(again.size).toBe(0);
    }
  });
  it("loses nothing while the disk is full, and is on disk again when it has space", () => {
    const disk = openRefusing();
    const machine = openMachine();
    const journal = openJournal(disk, machine);
    journal.append(point(1));
    disk.refuses = true;
    journal.append(point(2));
    journal.append({ kind: "result", id: "job", state: "done" }, { durable: true });
    expect(valuesOf(journal.next(9)?.rows ?? [])).toEqual([1, 2, "result"]);
    disk.refuses = false;
    machine.upMs += DISK_RETRY_MS;
    machine.wallMs += DISK_RETRY_MS;
    journal.append(point(3));
    expect(valuesOf(drain(openJournal(disk)))).toEqual([1, 2, "result", 3]);
  });
  it("stays bounded in memory while the disk refuses", () => {
    const disk = openRefusing();
    const journal = openJournal(disk);
    disk.refuses = true;
    for (let i = 1; i <= MAX_JOURNAL_ROWS * 2; i += 1) journal.append(point(i));
    expect(journal.size).toBeLessThanOrEqual(MAX_JOURNAL_ROWS);
  });
  it("holds a day of a large machine at the default rate without dropping any", () => {
    const storage = openMemory();
    const journal = openJournal(storage);
    const values = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`temperature.zone-${i}`, 1_234_567.891]),
    );
    for (let at = 0; at < day; at += 60_000)
      journal.append({ kind: "points", atMs: Date.UTC(2027, 0, 1) + at, monotonicMs: at, values });
    expect(journal.size).toBe(1_440);
    expect((storage.read("reports.journal") ?? "").length).toBeLessThan(MAX_JOURNAL_BYTES);
    expect(journal.next(9_999)?.rows.some((row) => row.kind === "dropped")).toBe(false);
  });
  it("stays bounded, drops the oldest values first and says how many", () => {
    const journal = openJournal(openMemory());
    journal.append({ kind: "result", id: "job", state: "done" });
    for (let i = 1; i <= MAX_JOURNAL_ROWS + 10; i += 1) journal.append(point(i));
    expect(journal.size).toBeLessThanOrEqual(MAX_JOURNAL_ROWS);
    const rows = drain(journal);
    expect(rows.some((row) => row.kind === "result")).toBe(true);
    const notes = rows.filter((row) => row.kind === "dropped");
    expect(notes[0]).toMatchObject({ fromMs: Date.UTC(2027, 0, 1) + 1 });
    const lost = notes.reduce((sum, { count }) => sum + count, 0);
    expect(rows.filter((row) => row.kind === "points").length + lost).toBe(MAX_JOURNAL_ROWS + 10);
  });
});

describe("dates of what was measured", () => {
  const measured = (machine: ReturnType<typeof openMachine>, a: number): ReportRow => ({
    kind: "points",
    atMs: machine.wallMs,
    monotonicMs: machine.upMs,
    values: { a },
  });
  const pass = (machine: ReturnType<typeof openMachine>, ms: number) => {
    machine.wallMs += ms;
    machine.upMs += ms;
  };
  const datesOf = (rows: readonly ReportRow[]) =>
    rows.map((row) => (row.kind === "points" ? row.atMs : row.kind));

  it("are right and in order although the clock said 1970 and was set afterwards", () => {
    const machine = openMachine();
    const truth = machine.wallMs;
    machine.wallMs = 5_000;
    const storage = openMemory();
    const journal = openJournal(storage, machine);
    for (let i = 0; i < 3; i += 1) {
      journal.append(measured(machine, i));
      pass(machine, 60_000);
    }
    machine.wallMs = truth + 180_000;
    journal.append(measured(machine, 3));
    const expected = [0, 1, 2, 3].map((i) => truth + i * 60_000);
    expect(datesOf(journal.next(9)?.rows ?? [])).toEqual(expected);
    // So too for an agent that was started again in the same boot.
    expect(datesOf(openJournal(storage, machine).next(9)?.rows ?? [])).toEqual(expected);
  });
  it("stay in order when the clock jumps back and forth", () => {
    const seed = Date.now() % 2 ** 31;
    const random = seeded(seed);
    const machine = openMachine();
    const journal = openJournal(openMemory(), machine);
    for (let i = 0; i < 200; i += 1) {
      journal.append(measured(machine, i));
      pass(machine, 5_000);
      machine.wallMs += random() < 0.2 ? Math.round((random() - 0.5) * 10 * day) : 0;
    }
    const dates = datesOf(journal.next(999)?.rows ?? []) as number[];
    expect(dates, `seed ${seed}`).toEqual([...dates].sort((a, b) => a - b));
    expect(new Set(dates).size).toBe(200);
    expect(dates.at(-1)).toBeLessThanOrEqual(machine.wallMs);
  });
  it("that nobody can know any more are counted as lost: 1970, and another boot since", () => {
    const machine = openMachine();
    const truth = machine.wallMs;
    machine.wallMs = 5_000;
    const storage = openMemory();
    openJournal(storage, machine).append(measured(machine, 1));
    machine.bootId = "boot-2";
    machine.wallMs = truth;
    machine.upMs = 1_000;
    const rows = openJournal(storage, machine).next(9)?.rows ?? [];
    expect(rows).toEqual([{ kind: "dropped", fromMs: truth, toMs: truth + 1, count: 1 }]);
  });
});

// What happened and is not yet safe in the cloud: rows with numbers, appended to a file, a checksum a line so that a tail torn by
// a power cut is seen. Bounded: the oldest rows are dropped and counted when the cloud is away for too long. A disk that cannot be
// written costs nothing as long as the agent lives: rows wait in memory, and the file is written anew when it can be.
import { randomBytes } from "node:crypto";
import type { ReportRow } from "@s4t/contract";
import type { Log } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { Storage } from "../storage.ts";
import { lineOf, readJournal, type Waiting } from "./journal-file.ts";

/** Most rows that wait: a day at the default rate (one row a minute and what happens besides), four times over. */
export const MAX_JOURNAL_ROWS = 6_000;
/** Most bytes that wait: 6,000 rows of the sensors of a large machine, about 600 bytes each, and as much again. */
export const MAX_JOURNAL_BYTES = 8_388_608;
/**
 * Most characters of one batch: three bytes each at most, so that it fits a frame of the link (1 MiB) whatever it says. A batch that
 * does not would end the session at each try, for ever.
 */
export const MAX_BATCH_LENGTH = 262_144;
/** A row's date is corrected when the wall clock was off by more than this at the time. */
export const CLOCK_JUMP_MS = 2_000;
/** Dates before this are of a clock that was never set: this software did not exist. */
export const MIN_PLAUSIBLE_MS = 1_767_225_600_000;
/** Between two tries of a disk that refused: each writes everything that waits. */
export const DISK_RETRY_MS = 60_000;
/**
 * How far numbers jump at each start: past all that the cloud may have of rows whose lines a power cut took from the file. A new
 * row under one of those numbers would be taken for one that is known.
 */
export const SEQ_JUMP = 1_000_000;
/** The file is written anew when it holds this many times more rows than wait. */
const slack = 2;
const file = "reports.journal";
/** What each row of its kind says whole: of several that wait only the last is news, and none where the cloud knows it already. */
const restated: ReadonlySet<ReportRow["kind"]> = new Set(["info", "series", "entries"]);

/** What a restated row says, short. How long the machine has been up is no news: the cloud counts on. */
const sayingOf = (row: ReportRow): string =>
  sha256Hex(
    JSON.stringify(row.kind === "info" ? { ...row, info: { ...row.info, uptimeS: 0 } } : row),
  ).slice(0, 16);

/** What the journal must know of its machine to date rows. */
export interface JournalMachine {
  /** Of the running kernel: monotonic times of another boot cannot be compared. */
  readonly bootId: string;
  now(): number;
  /** Since boot. */
  uptimeMs(): number;
}

export interface Journal {
  /** Of this journal's numbering. */
  readonly bootId: string;
  /** Adds a row; not where it only says again what was said last of its kind. */
  append(row: ReportRow, options?: { readonly durable?: boolean }): void;
  /**
   * What the cloud knows of this journal, as it says at a join: what it has need not wait any more; where it knows less than it has
   * acknowledged (a restored backup), or says nothing, everything is news again.
   */
  confirm(known: { readonly bootId: string; readonly seq: number } | null | undefined): void;
  /** What is said of this kind next is news. */
  sayAgain(kind: ReportRow["kind"]): void;
  /** The next rows to send, oldest first and numbered without a gap, dated by the clock as it is now. */
  next(limit: number): { readonly seq: number; readonly rows: readonly ReportRow[] } | undefined;
  /** Everything up to this number is safe. */
  acknowledge(seq: number): void;
  readonly size: number;
}

const valuesOf = (rows: readonly ReportRow[]): number =>
  rows.reduce((sum, row) => sum + (row.kind === "points" ? Object.keys(row.values).length : 1), 0);

/** What is told of rows that are lost: when they were, as far as is known, and how many values. */
const noteOf = (rows: readonly ReportRow[], count: number, nowMs: number): ReportRow => {
  const moments = rows.flatMap((row) => (row.kind === "points" ? [row.atMs] : []));
  const fromMs = moments.length > 0 ? Math.min(...moments) : nowMs;
  return {
    kind: "dropped",
    fromMs,
    toMs: (moments.length > 0 ? Math.max(...moments) : nowMs) + 1,
    count: Math.max(1, count),
  };
};

class FileJournal implements Journal {
  readonly bootId: string;
  readonly #storage: Storage;
  readonly #machine: JournalMachine;
  readonly #log: Log;
  /** Short enough to stand in each line. */
  readonly #boot: string;
  #waiting: Waiting[];
  #lastSeq: number;
  #bytes = 0;
  /** Rows in the file, those that are acknowledged included. */
  #written = 0;
  #isFileBehind = false;
  #retryAtMs = 0;
  /** Up to here the cloud has acknowledged, since this start. */
  #acknowledged = 0;
  /** Kind → what was said of it last. */
  readonly #said = new Map<ReportRow["kind"], string>();

  constructor(storage: Storage, machine: JournalMachine, log: Log) {
    this.#storage = storage;
    this.#machine = machine;
    this.#log = log;
    this.#boot = sha256Hex(machine.bootId).slice(0, 8);
    const found = readJournal(storage.read(file) ?? "");
    this.bootId = found.numbering ?? randomBytes(8).toString("hex");
    this.#lastSeq = found.lastSeq + SEQ_JUMP;
    // Rows of an earlier boot whose clock was never set: nobody can say any more when they were.
    const isLost = ({ row, boot }: Waiting) =>
      row.kind === "points" && row.atMs < MIN_PLAUSIBLE_MS && boot !== this.#boot;
    const lost = found.waiting.filter(isLost).map(({ row }) => row);
    this.#waiting = found.waiting.filter((each) => !isLost(each));
    this.#bytes = this.#waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (found.damaged > 0) {
      log.warn("Reports were damaged on disk and are lost", { lines: found.damaged });
      this.#add(
        noteOf(
          this.#waiting.slice(-1).map(({ row }) => row),
          found.damaged,
          machine.now(),
        ),
      );
    }
    if (lost.length > 0) this.#add(noteOf([], valuesOf(lost), machine.now()));
    this.#knowOnlyWaiting();
    this.#rewrite();
  }

  get size(): number {
    return this.#waiting.length;
  }

  append(row: ReportRow, options: { readonly durable?: boolean } = {}): void {
    if (restated.has(row.kind)) {
      const saying = sayingOf(row);
      if (this.#said.get(row.kind) === saying) return;
      this.#said.set(row.kind, saying);
    }
    const line = this.#add(row);
    if (this.#isFileBehind) {
      if (this.#machine.uptimeMs() >= this.#retryAtMs) this.#rewrite();
    } else {
      try {
        this.#storage.append(file, line, options.durable ?? false);
        this.#written += 1;
      } catch (error) {
        this.#noteUnwritten(error);
      }
    }
    this.#bound();
  }

  next(limit: number): { readonly seq: number; readonly rows: readonly ReportRow[] } | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    // A batch has one number: it ends where a number is missing, or where it would be too long.
    let length = 0;
    const end = this.#waiting.findIndex(({ seq, sizeBytes }, i) => {
      length += sizeBytes;
      return i === limit || seq !== first.seq + i || (i > 0 && length > MAX_BATCH_LENGTH);
    });
    const rows = this.#waiting.slice(0, end < 0 ? limit : end);
    return { seq: first.seq, rows: rows.map((each) => this.#dated(each)) };
  }

  confirm(known: { readonly bootId: string; readonly seq: number } | null | undefined): void {
    const seq = known?.bootId === this.bootId ? known.seq : 0;
    if (seq < this.#acknowledged || seq === 0) this.#knowOnlyWaiting();
    else this.acknowledge(seq);
    this.#acknowledged = seq;
  }

  #knowOnlyWaiting(): void {
    this.#said.clear();
    for (const { row } of this.#waiting)
      if (restated.has(row.kind)) this.#said.set(row.kind, sayingOf(row));
  }

  sayAgain(kind: ReportRow["kind"]): void {
    this.#said.delete(kind);
  }

  acknowledge(seq: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, seq);
    const at = this.#waiting.findIndex((each) => each.seq > seq);
    const done = at < 0 ? this.#waiting.splice(0) : this.#waiting.splice(0, at);
    for (const { sizeBytes } of done) this.#bytes -= sizeBytes;
    if (this.#written > 64 && this.#written > slack * this.#waiting.length) this.#rewrite();
  }

  /**
   * What this boot measured is dated by how long ago it was: right even where the wall clock was set in between. How long the machine
   * has been up is said as of now.
   */
  #dated({ row, boot }: Waiting): ReportRow {
    if (row.kind === "info" && boot === this.#boot)
      return {
        ...row,
        info: { ...row.info, uptimeS: Math.round(this.#machine.uptimeMs() / 1_000) },
      };
    if (row.kind !== "points" || boot !== this.#boot) return row;
    const atMs = Math.round(
      this.#machine.now() - Math.max(0, this.#machine.uptimeMs() - row.monotonicMs),
    );
    return Math.abs(atMs - row.atMs) > CLOCK_JUMP_MS ? { ...row, atMs } : row;
  }

  #add(row: ReportRow): string {
    this.#lastSeq += 1;
    const line = lineOf(this.#lastSeq, row, this.#boot);
    this.#waiting.push({ seq: this.#lastSeq, row, boot: this.#boot, sizeBytes: line.length });
    this.#bytes += line.length;
    return line;
  }

  get #isOver(): boolean {
    return this.#waiting.length > MAX_JOURNAL_ROWS || this.#bytes > MAX_JOURNAL_BYTES;
  }

  #leaveOut(rows: readonly Waiting[]): void {
    const gone = new Set(rows.map(({ seq }) => seq));
    this.#waiting = this.#waiting.filter(({ seq }) => !gone.has(seq));
    this.#bytes = this.#waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /**
   * Drops what a later row says better, then the oldest values, never what reports the end of a job; says of values in a row of
   * its own that they are gone.
   */
  #bound(): void {
    if (!this.#isOver) return;
    const last = new Map(this.#waiting.map(({ row, seq }) => [row.kind, seq]));
    this.#leaveOut(
      this.#waiting.filter(({ row, seq }) => restated.has(row.kind) && last.get(row.kind) !== seq),
    );
    const count = this.#isOver ? Math.ceil(this.#waiting.length / 10) : 0;
    const dropped = this.#waiting.filter(({ row }) => row.kind === "points").slice(0, count);
    this.#leaveOut(dropped);
    if (dropped.length > 0) {
      const rows = dropped.map((each) => this.#dated(each));
      this.#add(noteOf(rows, valuesOf(rows), this.#machine.now()));
    }
    if (!this.#isFileBehind) this.#rewrite();
  }

  #rewrite(): void {
    const first = (this.#waiting[0]?.seq ?? this.#lastSeq + 1) - 1;
    const lines = this.#waiting.map(({ seq, row, boot }) => lineOf(seq, row, boot));
    try {
      this.#storage.write(file, `boot ${this.bootId} ${first}\n${lines.join("")}`);
    } catch (error) {
      this.#noteUnwritten(error);
      return;
    }
    this.#written = this.#waiting.length;
    if (this.#isFileBehind) this.#log.info("Reports are on disk again");
    this.#isFileBehind = false;
  }

  #noteUnwritten(error: unknown): void {
    if (!this.#isFileBehind)
      this.#log.warn("Reports wait in memory only", { because: (error as Error).message });
    this.#isFileBehind = true;
    this.#retryAtMs = this.#machine.uptimeMs() + DISK_RETRY_MS;
  }
}

/** Opens a journal. What is damaged in its file is left out, counted and told. */
export const openJournal = (storage: Storage, machine: JournalMachine, log: Log): Journal =>
  new FileJournal(storage, machine, log);

// What happened and is not yet safe in the cloud: rows with numbers, appended to a file, a checksum a line so that a tail torn by
// a power cut is seen. Bounded: the oldest rows are dropped and counted when the cloud is away for too long.
import { randomBytes } from "node:crypto";
import type { ReportRow } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";
import type { Storage } from "../storage.ts";

/** Most rows that wait: a day at the default rate (one row a minute and what happens besides), four times over. */
export const MAX_JOURNAL_ROWS = 6_000;
/** Most bytes that wait. */
export const MAX_JOURNAL_BYTES = 8_388_608;
/** The file is written anew when it holds this many times more rows than wait. */
const slack = 2;
const file = "reports.journal";

interface Waiting {
  readonly seq: number;
  readonly row: ReportRow;
  readonly sizeBytes: number;
}

export interface Journal {
  /** Of this journal's numbering. */
  readonly bootId: string;
  append(row: ReportRow, options?: { readonly durable?: boolean }): void;
  /** The next rows to send, oldest first. */
  next(limit: number): { readonly seq: number; readonly rows: readonly ReportRow[] } | undefined;
  /** Everything up to this number is safe. */
  acknowledge(seq: number): void;
  readonly size: number;
}

const checksum = (text: string): string => sha256Hex(text).slice(0, 8);
const lineOf = (seq: number, row: ReportRow): string => {
  const text = JSON.stringify([seq, row]);
  return `${checksum(text)} ${text}\n`;
};

const parseLine = (line: string): [number, ReportRow] | undefined => {
  const text = line.slice(9);
  if (line[8] !== " " || checksum(text) !== line.slice(0, 8)) return undefined;
  return JSON.parse(text) as [number, ReportRow];
};

/** Opens a journal, leaving out lines that are damaged. */
export const openJournal = (storage: Storage): Journal => {
  const lines = (storage.read(file) ?? "").split("\n");
  const head = /^boot (\w+) (\d+)$/.exec(lines[0] ?? "");
  const bootId = head?.[1] ?? randomBytes(8).toString("hex");
  let lastSeq = Number(head?.[2] ?? 0);
  let waiting: Waiting[] = [];
  let bytes = 0;
  let written = 0;
  for (const line of lines.slice(1)) {
    const parsed = line === "" ? undefined : parseLine(line);
    if (!parsed) continue;
    const [seq, row] = parsed;
    if (seq <= lastSeq) continue;
    waiting.push({ seq, row, sizeBytes: line.length });
    bytes += line.length;
    lastSeq = seq;
  }

  const rewrite = (): void => {
    const first = (waiting[0]?.seq ?? lastSeq + 1) - 1;
    storage.write(
      file,
      `boot ${bootId} ${first}\n${waiting.map(({ seq, row }) => lineOf(seq, row)).join("")}`,
    );
    written = waiting.length;
  };
  rewrite();

  const push = (row: ReportRow, durable: boolean): void => {
    lastSeq += 1;
    const line = lineOf(lastSeq, row);
    waiting.push({ seq: lastSeq, row, sizeBytes: line.length });
    bytes += line.length;
    written += 1;
    storage.append(file, line, durable);
  };

  /** Drops the oldest values, never what reports the end of a job; says so in a row of its own. */
  const bound = (): void => {
    if (waiting.length <= MAX_JOURNAL_ROWS && bytes <= MAX_JOURNAL_BYTES) return;
    const count = Math.ceil(waiting.length / 10);
    const dropped = waiting.filter(({ row }) => row.kind === "points").slice(0, count);
    const gone = new Set(dropped.map(({ seq }) => seq));
    // Numbers stay without gaps: what is left is numbered anew behind the last number, under the same boot.
    const kept = waiting.filter(({ seq }) => !gone.has(seq));
    const moments = dropped.map(({ row }) => (row.kind === "points" ? row.atMs : 0));
    const note: ReportRow = {
      kind: "dropped",
      fromMs: Math.min(...moments),
      toMs: Math.max(...moments) + 1,
      count: dropped.reduce(
        (sum, { row }) => sum + (row.kind === "points" ? Object.keys(row.values).length : 0),
        0,
      ),
    };
    waiting = [];
    bytes = 0;
    for (const row of [...(dropped.length > 0 ? [note] : []), ...kept.map((each) => each.row)]) {
      lastSeq += 1;
      const sizeBytes = lineOf(lastSeq, row).length;
      waiting.push({ seq: lastSeq, row, sizeBytes });
      bytes += sizeBytes;
    }
    rewrite();
  };

  return {
    bootId,
    append(row, options = {}) {
      push(row, options.durable ?? false);
      bound();
    },
    next(limit) {
      const rows = waiting.slice(0, limit);
      const [first] = rows;
      return first && { seq: first.seq, rows: rows.map(({ row }) => row) };
    },
    acknowledge(seq) {
      const at = waiting.findIndex((each) => each.seq > seq);
      const done = at < 0 ? waiting.splice(0) : waiting.splice(0, at);
      for (const { sizeBytes } of done) bytes -= sizeBytes;
      if (written > 64 && written > slack * waiting.length) rewrite();
    },
    get size() {
      return waiting.length;
    },
  };
};

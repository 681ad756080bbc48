// The journal's text: `boot NUMBERING LAST-GONE`, then a line a row: checksum, `[seq, row, boot]`. `boot` marks the kernel's boot
// whose monotonic time the row carries. Lines that do not match their checksum are counted and left out.
import type { ReportRow } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";

/** A row that waits. */
export interface Waiting {
  readonly seq: number;
  readonly row: ReportRow;
  /** Mark of the boot that it was measured in. */
  readonly boot: string;
  readonly sizeBytes: number;
}

const checksumLength = 8;
const checksum = (text: string): string => sha256Hex(text).slice(0, checksumLength);

export const lineOf = (seq: number, row: ReportRow, boot: string): string => {
  const text = JSON.stringify([seq, row, boot]);
  return `${checksum(text)} ${text}\n`;
};

const parseLine = (line: string): Waiting | undefined => {
  const text = line.slice(checksumLength + 1);
  if (line[checksumLength] !== " " || checksum(text) !== line.slice(0, checksumLength))
    return undefined;
  const [seq, row, boot = ""] = JSON.parse(text) as [number, ReportRow, string?];
  return { seq, row, boot, sizeBytes: line.length + 1 };
};

export interface JournalFile {
  /** Undefined where the head is damaged or there is no file: numbers then start anew. */
  readonly numbering: string | undefined;
  readonly waiting: Waiting[];
  readonly lastSeq: number;
  readonly damaged: number;
}

/** Reads a journal's text, whatever state it is in. */
export const readJournal = (text: string): JournalFile => {
  const [first = "", ...lines] = text.split("\n");
  const head = /^boot (\w+) (\d+)$/.exec(first);
  const waiting: Waiting[] = [];
  let damaged = text === "" || head ? 0 : 1;
  let lastSeq = Number(head?.[2] ?? 0);
  for (const line of lines) {
    if (line === "") continue;
    const parsed = parseLine(line);
    if (!parsed) damaged += 1;
    else if (parsed.seq > lastSeq) {
      waiting.push(parsed);
      lastSeq = parsed.seq;
    }
  }
  return { numbering: head?.[1], waiting, lastSeq, damaged };
};

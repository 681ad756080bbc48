// One answer of the doctor: what was found, and what to do where it is not well.
import type { ErrorCode } from "@s4t/contract";

export interface Finding {
  /** `note`: worth a look, and nothing that keeps the board from its cloud. */
  readonly kind: "ok" | "note" | "fail";
  readonly what: string;
  readonly next?: string;
  /** Of a failure: its code gives the doctor's exit code. */
  readonly code?: ErrorCode;
}

export const ok = (what: string): Finding => ({ kind: "ok", what });
export const note = (what: string, next: string): Finding => ({ kind: "note", what, next });
export const failed = (code: ErrorCode, what: string, next: string): Finding => ({
  kind: "fail",
  code,
  what,
  next,
});

const signs = { ok: "ok  ", note: "note", fail: "FAIL" } as const;

/** As it is printed: one line, and under it the next step. */
export const textOf = ({ kind, what, next, code }: Finding): string =>
  `${signs[kind]} ${what}${code ? ` (${code})` : ""}\n${next ? `     → ${next}\n` : ""}`;

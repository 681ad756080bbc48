import { text } from "./setting.ts";

export const auditSettings = {
  "audit.witness": text(
    null,
    "File that signed heads of the audit log are copied to; best on another machine's disk. DIR/witness.jsonl unless said.",
  ),
} as const;

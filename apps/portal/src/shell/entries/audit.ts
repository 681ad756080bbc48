import type { Entry } from "./entry.ts";

export const auditEntry = {
  to: "/$project/audit",
  word: "nav.audit",
  icon: "file",
  key: "a",
  minor: false,
  action: "audit.list",
} as const satisfies Entry;

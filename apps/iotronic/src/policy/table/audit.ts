import { administering, auditing } from "../row.ts";

export const auditPolicy = {
  "audit.list": auditing,
  "audit.head": auditing,
  "audit.verify": administering,
} as const;

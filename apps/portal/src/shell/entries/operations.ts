import type { Entry } from "./entry.ts";

export const operationsEntry = {
  to: "/$project/operations",
  word: "nav.operations",
  icon: "play",
  key: "o",
  minor: true,
  action: "operation.list",
} as const satisfies Entry;

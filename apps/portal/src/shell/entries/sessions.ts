import type { Entry } from "./entry.ts";

export const sessionsEntry = {
  to: "/$project/access/sessions",
  word: "nav.sessions",
  icon: "key",
  key: "s",
  minor: true,
  action: null,
} as const satisfies Entry;

import type { Entry } from "./entry.ts";

export const pluginsEntry = {
  to: "/$project/plugins",
  word: "nav.plugins",
  icon: "code",
  key: "l",
  minor: true,
  action: "plugin.list",
} as const satisfies Entry;

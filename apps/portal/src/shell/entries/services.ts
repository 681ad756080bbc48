import type { Entry } from "./entry.ts";

export const servicesEntry = {
  to: "/$project/services",
  word: "nav.services",
  icon: "door",
  key: "e",
  minor: true,
  action: "service.list",
} as const satisfies Entry;

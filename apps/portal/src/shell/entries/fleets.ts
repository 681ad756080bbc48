import type { Entry } from "./entry.ts";

export const fleetsEntry = {
  to: "/$project/fleets",
  word: "nav.fleets",
  icon: "layers",
  key: "f",
  minor: true,
  action: "fleet.list",
} as const satisfies Entry;

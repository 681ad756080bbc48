import type { Entry } from "./entry.ts";

export const mapEntry = {
  to: "/$project/map",
  word: "nav.map",
  icon: "map",
  key: "m",
  minor: false,
  action: "board.list",
} as const satisfies Entry;

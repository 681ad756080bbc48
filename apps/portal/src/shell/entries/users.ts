import type { Entry } from "./entry.ts";

export const usersEntry = {
  to: "/$project/access/users",
  word: "nav.users",
  icon: "users",
  key: "u",
  minor: true,
  action: "user.list",
} as const satisfies Entry;

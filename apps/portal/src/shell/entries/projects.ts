import type { Entry } from "./entry.ts";

export const projectsEntry = {
  to: "/$project/access/projects",
  word: "nav.projects",
  icon: "folder",
  key: "p",
  minor: true,
  action: "project.list",
} as const satisfies Entry;

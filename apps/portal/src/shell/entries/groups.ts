// The navigation by task. A noun's line is its own file; its group and place are here.
import type { TextKey } from "../../text/text.ts";
import { auditEntry } from "./audit.ts";
import { boardsEntry } from "./boards.ts";
import type { Entry } from "./entry.ts";
import { fleetsEntry } from "./fleets.ts";
import { mapEntry } from "./map.ts";
import { operationsEntry } from "./operations.ts";
import { pluginsEntry } from "./plugins.ts";
import { projectsEntry } from "./projects.ts";
import { servicesEntry } from "./services.ts";
import { sessionsEntry } from "./sessions.ts";
import { usersEntry } from "./users.ts";

export const groups = [
  { word: "nav.watch", entries: [mapEntry, boardsEntry] },
  { word: "nav.change", entries: [fleetsEntry, pluginsEntry, servicesEntry, operationsEntry] },
  { word: "nav.govern", entries: [usersEntry, projectsEntry, sessionsEntry, auditEntry] },
] as const satisfies readonly { word: TextKey; entries: readonly Entry[] }[];

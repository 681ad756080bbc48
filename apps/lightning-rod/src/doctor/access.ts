// What can be said of what others may reach through this board: nothing of it keeps the board from its cloud.
import { isS4tError, systemClock } from "@s4t/kit";
import { type Access, openAccess } from "../access/access.ts";
import type { AccessConfig } from "../config.ts";
import { type Finding, failed, note, ok } from "./finding.ts";

const checkShell = ({ terminals }: Access): Finding => {
  if (terminals.user === null) return ok("Shells are off");
  try {
    terminals
      .open(
        { cols: 80, rows: 24, term: "dumb" },
        { onData: () => {}, onDrain: () => {}, onExit: () => {} },
      )
      .hangUp();
    return ok(`Shells are opened for ${terminals.user}`);
  } catch (error) {
    if (!isS4tError(error, "shell.unavailable")) throw error;
    const { because } = error.details as { because: string };
    return note(`No shell can be opened: ${because}`, "Mend it, or say --shell off");
  }
};

/** As the arguments say it: those of a unit stand in its file. */
export const checkAccess = (config: AccessConfig): Finding[] => {
  try {
    const access = openAccess(config, systemClock);
    const { allowed, files } = access;
    return [
      ok(`Others may reach through it: ${allowed.texts.join(", ") || "nothing"}`),
      checkShell(access),
      ok(`Folders that others may read and write: ${files.folders.join(", ") || "none"}`),
    ];
  } catch (error) {
    if (!isS4tError(error, "config.invalid")) throw error;
    return [failed("config.invalid", error.message, "Say it otherwise: s4t-agent --help")];
  }
};

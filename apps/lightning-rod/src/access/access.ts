// What the board's owner lets others reach through it, opened on this machine: endpoints, a shell, folders.
import type { BoardInfo } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { AccessConfig } from "../config.ts";
import type { FileAccess } from "../platform/file-access.ts";
import { openFileAccess } from "../platform/linux/file-access.ts";
import { openTerminals, shellUserOf } from "../platform/linux/terminal.ts";
import { ownUser } from "../platform/linux/users.ts";
import type { Terminals } from "../platform/terminal.ts";
import { type Allowed, parseAllowed } from "./allowed.ts";

export interface Access {
  readonly allowed: Allowed;
  readonly terminals: Terminals;
  readonly files: FileAccess;
}

/** Where nobody said: a user's own home. Not root's: that agent would open the whole machine by it. */
const defaultFolders = (): FileAccess => {
  const { uid, home } = ownUser();
  if (uid === 0) return openFileAccess([]);
  try {
    return openFileAccess([home]);
  } catch {
    return openFileAccess([]); // a user without a home
  }
};

/** Opens it. Throws `config.invalid`. */
export const openAccess = ({ allow, shell, files }: AccessConfig, clock: Clock): Access => ({
  allowed: parseAllowed(allow),
  terminals: openTerminals(shell === "off" ? null : shellUserOf(shell.user), clock),
  files: files === null ? defaultFolders() : openFileAccess(files),
});

/** As the board tells it. */
export const accessInfo = ({
  allowed,
  terminals,
  files,
}: Access): NonNullable<BoardInfo["access"]> => ({
  shell: terminals.user,
  files: [...files.folders],
  forward: [...allowed.texts],
});

// A system user for each plugin, where the agent is root. The user is a number without a name: nothing is added to the machine's
// list. The owner of a plugin's state folder is the record of which number is whose.
import { chmodSync, chownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256Hex } from "@s4t/kit/node";

/** First of the numbers: above what systems give to people, programs and, by their defaults, containers of one user. */
export const FIRST_UID = 500_000;
/** How many there are: as many plugins can ever be on one board. */
export const UIDS = 10_000;

const isOurs = (uid: number): boolean => uid >= FIRST_UID && uid < FIRST_UID + UIDS;

/** Where an agent begins to count, by its folder: two on one machine must not end one another's plugins as leftovers of a user. */
const firstOf = (top: string): number =>
  Number.parseInt(sha256Hex(Buffer.from(top)).slice(0, 8), 16) % UIDS;

/** The user of a plugin, by its state folder, which is given to it. `top`: folder of the agent. */
export const userOf = (stateFolder: string, top: string): number => {
  const { uid } = statSync(stateFolder);
  if (isOurs(uid)) return uid;
  const siblings = dirname(stateFolder);
  const taken = new Set(readdirSync(siblings).map((name) => lstatSync(join(siblings, name)).uid));
  let at = firstOf(top);
  while (taken.has(FIRST_UID + at)) at = (at + 1) % UIDS;
  const free = FIRST_UID + at;
  chownSync(stateFolder, free, free);
  return free;
};

/** Lets every user pass through the folders from `top` down to `path`, without letting them look around. */
export const openWay = (top: string, path: string): void => {
  for (let at = dirname(path); at.startsWith(top); at = dirname(at)) {
    const { mode } = statSync(at);
    if ((mode & 0o011) !== 0o011) chmodSync(at, (mode & 0o777) | 0o011);
    if (at === top) break;
  }
};

/** A version's files are read by its plugin alone: its user's group may enter the folder, and write nothing. */
export const keepFromOthers = (folder: string, gid: number): void => {
  chownSync(folder, process.getuid?.() ?? 0, gid);
  chmodSync(folder, 0o750);
};

// What can be asked of the machine alone: folder, identity, key, clock, a running agent.
import { existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isS4tError, systemClock } from "@s4t/kit";
import {
  type BoardIdentity,
  type BoardKey,
  findDamaged,
  findKey,
  readIdentity,
} from "../identity.ts";
import { unitFile } from "../install.ts";
import { createLinux } from "../platform/linux/linux.ts";
import { MIN_PLAUSIBLE_MS } from "../reports/journal.ts";
import { holderOf } from "../run.ts";
import { openFolder } from "../storage.ts";
import { type Finding, failed, note, ok } from "./finding.ts";

/** Free space below which the buffer of reports may not fit, written anew beside itself. */
export const MIN_FREE_BYTES = 33_554_432;

const ownerOf = (path: string): number | undefined => {
  try {
    return statSync(path).uid;
  } catch {
    return undefined; // not even to be looked at
  }
};

const folderThatRefuses = (folder: string, because: string): Finding => {
  const owner = ownerOf(folder);
  const user = process.getuid?.();
  const next =
    owner !== undefined && owner !== user
      ? `It belongs to user ${owner} and this is user ${user}: ask again as that user (sudo)`
      : "Make room or make it writable; --data names another folder";
  return failed("data.unwritable", `The folder ${folder} cannot be written: ${because}`, next);
};

/** Whether the agent's folder is there and takes files: one is written and taken away again. */
export const checkFolder = (folder: string): Finding => {
  if (!existsSync(folder)) {
    const parent = dirname(folder);
    if (ownerOf(parent) === undefined && existsSync(dirname(parent)))
      return folderThatRefuses(folder, `${parent} cannot be looked into`);
    return failed(
      "agent.not-enrolled",
      `There is no folder ${folder}: no agent was enrolled there`,
      "Make an enrolment at the cloud (s4t board create NAME) and run the agent with --enrol; --data names another folder (a unit's is /var/lib/s4t-agent)",
    );
  }
  try {
    const storage = openFolder(folder);
    storage.write("doctor.probe", "x".repeat(4_096));
    storage.remove("doctor.probe");
  } catch (error) {
    if (!isS4tError(error, "board.storage")) throw error;
    return folderThatRefuses(folder, (error.details as { because: string }).because);
  }
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < MIN_FREE_BYTES
    ? note(
        `The folder ${folder} has ${Math.floor((bavail * bsize) / 1_048_576)} MiB left`,
        "Make room: a day of values is kept there while the cloud is away",
      )
    : ok(`The folder ${folder} is there and can be written`);
};

/** Who this board is; the finding where it is nobody. */
export const checkIdentity = (
  folder: string,
): { finding: Finding; known?: { identity: BoardIdentity; key: BoardKey } } => {
  const storage = openFolder(folder);
  const damaged = findDamaged(storage);
  const again =
    "Make a new enrolment for the same board at the cloud (s4t board enrol NAME) and run the agent with --enrol";
  if (damaged !== undefined)
    return {
      finding: failed("agent.not-enrolled", `The file ${damaged} in ${folder} is damaged`, again),
    };
  const identity = readIdentity(storage);
  if (!identity)
    return {
      finding: failed(
        "agent.not-enrolled",
        "This agent has no identity yet",
        "Make an enrolment at the cloud (s4t board create NAME) and run the agent with --enrol",
      ),
    };
  const key = findKey(storage);
  if (!key)
    return {
      finding: failed("agent.not-enrolled", `This board's key is gone from ${folder}`, again),
    };
  return {
    finding: ok(`This board is ${identity.name} (${identity.board})`),
    known: { identity, key },
  };
};

/** Whether somebody keeps the clock. What it says is compared with the cloud's later. */
export const checkClock = (folder: string): Finding => {
  const now = new Date(systemClock.now()).toISOString();
  const keep = "Start a time service: timedatectl set-ntp true";
  if (systemClock.now() < MIN_PLAUSIBLE_MS)
    return note(`The clock was never set: it says ${now}`, keep);
  return createLinux({ clock: systemClock, diskFolder: folder }).isClockSynchronised()
    ? ok("The clock is kept by a time service")
    : note(`No time service was found; the clock says ${now}`, keep);
};

/** Whether an agent runs on the folder. */
export const checkAgent = (folder: string): Finding => {
  const pid = holderOf(folder);
  if (pid !== undefined) return ok(`The agent runs as process ${pid}`);
  return note(
    "No agent runs on this folder",
    existsSync(unitFile)
      ? "systemctl start s4t-agent; why it ended: journalctl -u s4t-agent -n 50"
      : `Run it: s4t agent run --data ${folder}`,
  );
};

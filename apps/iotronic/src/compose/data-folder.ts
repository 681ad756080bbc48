// The folder of everything that a cloud keeps: there, private, writable, and ours alone.
import { accessSync, constants, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fail, isNewerRelease, RELEASE } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { makePrivateFolder, readFileIfThere, whyUnwritable, writeFileAtomic } from "@s4t/kit/node";

/** A data folder that this process holds. */
export interface DataFolder {
  readonly path: string;
  /** Gives the folder free. The kernel does so too when the process dies. */
  release(): void;
}

/**
 * Makes and takes a data folder. The lock is one that the kernel holds for the process (a SQLite file opened exclusively), so
 * that a killed cloud leaves nothing behind to clean up. Throws `data.unwritable`, `data.locked`, `data.newer`.
 */
export const openDataFolder = (path: string): DataFolder => {
  let lock: DatabaseSync;
  try {
    makePrivateFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    writeFileSync(join(path, ".writable"), "");
    lock = new DatabaseSync(join(path, "lock"));
  } catch (cause) {
    throw fail("data.unwritable", { folder: path, because: whyUnwritable(cause) }, cause);
  }
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;");
  } catch (cause) {
    lock.close();
    const full = /full|I\/O/i.test(String(cause));
    if (full) throw fail("data.unwritable", { folder: path, because: "the disk is full" }, cause);
    throw fail(
      "data.locked",
      { folder: path, pid: readFileIfThere(join(path, "pid"))?.trim() ?? "?" },
      cause,
    );
  }
  try {
    const release = readFileIfThere(join(path, "release"))?.trim();
    if (release !== undefined && isNewerRelease(release, RELEASE))
      throw fail("data.newer", { folder: path, version: release });
    writeFileAtomic(join(path, "release"), `${RELEASE}\n`);
    writeFileAtomic(join(path, "pid"), `${process.pid}\n`);
  } catch (cause) {
    lock.close();
    if (isS4tError(cause)) throw cause;
    throw fail("data.unwritable", { folder: path, because: whyUnwritable(cause) }, cause);
  }
  return {
    path,
    release() {
      try {
        rmSync(join(path, "pid"), { force: true });
      } catch {
        // A stale note misleads nobody about the lock; whoever gets the number next may be taken for a cloud.
      }
      lock.close();
    },
  };
};

/** Data folders of which a user's command line knows: it looks for one whose cloud runs, the newest first. */
export const MAX_KNOWN_CLOUDS = 16;

/** Notes where the command line of the same user finds this cloud; false where there is no home to write in. */
export const rememberAsCurrent = (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): boolean => {
  const folder = join(env.XDG_STATE_HOME ?? join(home, ".local/state"), "s4t");
  try {
    makePrivateFolder(folder);
    const file = join(folder, "current");
    const earlier = (readFileIfThere(file)?.split("\n") ?? []).filter((each) => each !== path);
    const known = [path, ...earlier.filter((each) => each !== "")].slice(0, MAX_KNOWN_CLOUDS);
    writeFileAtomic(file, `${known.join("\n")}\n`);
    return true;
  } catch {
    return false; // the command line then needs S4T_DATA, which the start-up text says
  }
};

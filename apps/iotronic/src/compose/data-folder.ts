// The folder of everything that a cloud keeps: there, private, writable, and ours alone.
import { accessSync, constants, writeFileSync } from "node:fs";
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
  return { path, release: () => lock.close() };
};

/** Where the command line of the same user finds the cloud that was started last; false where there is no home to write in. */
export const rememberAsCurrent = (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): boolean => {
  const folder = join(env.XDG_STATE_HOME ?? join(home, ".local/state"), "s4t");
  try {
    makePrivateFolder(folder);
    writeFileAtomic(join(folder, "current"), `${path}\n`);
    return true;
  } catch {
    return false; // the command line then needs S4T_DATA, which the start-up text says
  }
};

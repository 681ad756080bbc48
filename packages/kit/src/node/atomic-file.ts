// Files that are wholly old or wholly new, whatever happens in between: write beside, fsync, rename, fsync the folder.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export interface AtomicWriteOptions {
  /** Permission bits of the new file; 0o600 by default, since most such files hold keys or state of one user. */
  readonly mode?: number;
}

const fsyncFolder = (folder: string): void => {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Replaces `path` by `content` durably. A reader, or a start after a power cut, sees the old content or the new, never a mix. */
export const writeFileAtomic = (
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void => {
  const folder = dirname(path);
  const beside = join(folder, `.${basename(path)}.${process.pid}.new`);
  const handle = openSync(beside, "w", options.mode ?? 0o600);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } catch (error) {
    unlinkSync(beside);
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(beside, path);
  fsyncFolder(folder);
};

/** Removes a file durably; a missing one is fine. */
export const removeFileDurably = (path: string): void => {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return;
  }
  fsyncFolder(dirname(path));
};

/** The text of a file, or `undefined` where there is none. */
export const readFileIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const makeFolder = (path: string): void => {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (!isThere || !statSync(path).isDirectory()) throw error;
  }
};

/**
 * Makes a folder for one user's private state (mode 700), with its parents. One by one, since Node's `recursive` never ends where
 * a file system that takes no folders (`/proc`) answers "no such file".
 */
export const makePrivateFolder = (path: string): void => {
  const missing = [resolve(path)];
  for (let parent = dirname(missing[0] as string); !existsSync(parent); parent = dirname(parent))
    missing.unshift(parent);
  missing.forEach(makeFolder);
};

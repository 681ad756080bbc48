// Files within the folders that the owner allows. What is checked is what was opened: a path is opened without touching what is
// there, the system is asked where that truly is, and everything goes on from that handle. A link that is swapped in between leads
// nowhere.
import { constants, realpathSync } from "node:fs";
import {
  type FileHandle,
  lstat,
  open,
  opendir,
  readlink,
  rename,
  statfs,
  unlink,
} from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { fail } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { whyUnwritable } from "@s4t/kit/node";
import type { FileAccess, FileEntry, NewFile, OpenedFile } from "../file-access.ts";

/** `O_PATH`: a handle of what is there, without opening it. */
const onlyPath = 0o10000000;
/** Most entries of a folder that are told: more are of no use to who looks. */
export const MAX_LISTED = 10_000;
/** Space that a file which is brought leaves free: the board's own work goes on. */
export const KEPT_FREE_BYTES = 16_777_216;

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

const failureOf = (path: string, error: unknown): Error => {
  if (isS4tError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return fail("file.not-found", { path }, error);
  if (code === "EACCES" || code === "EPERM")
    return fail("file.not-allowed", { path, because: "the agent's user may not" }, error);
  return fail("file.failed", { path, because: whyUnwritable(error) }, error);
};

const orFailure = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw failureOf(path, error);
  }
};

const typeOf = (stats: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }) =>
  stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "folder"
      : stats.isSymbolicLink()
        ? "link"
        : "other";

const throughHandle = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

const createNewFile = async (
  path: string,
  folder: FileHandle,
  { mode, bytes }: { readonly mode: number; readonly bytes: number },
): Promise<NewFile> => {
  const name = basename(path);
  const there = join(throughHandle(folder), name);
  const before = await lstat(there).catch(() => undefined);
  if (before && !before.isFile() && !before.isSymbolicLink())
    throw fail("file.failed", { path, because: "something that is no file has that name" });
  const { bavail, bsize } = await statfs(throughHandle(folder));
  if (bavail * bsize < bytes + KEPT_FREE_BYTES)
    throw fail("file.failed", { path, because: "there is not enough room on its disk" });
  const beside = join(
    throughHandle(folder),
    `.${name.slice(0, 200)}.${process.pid}-${Date.now().toString(36)}.new`,
  );
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  let isOver = false;
  const discard = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await file.close().catch(() => {});
    await unlink(beside).catch(() => {});
    await folder.close();
  };
  const orDiscard = (work: () => Promise<void>): Promise<void> =>
    orFailure(path, async () => {
      try {
        await work();
      } catch (error) {
        await discard();
        throw error;
      }
    });
  return {
    write: (piece) =>
      orDiscard(async () => {
        for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      }),
    commit: () =>
      orDiscard(async () => {
        await file.chmod(mode);
        await file.sync();
        await rename(beside, there);
        isOver = true;
        await file.close();
        const whole = await open(throughHandle(folder), constants.O_RDONLY);
        await whole.sync().finally(() => whole.close());
        await folder.close();
      }),
    discard,
  };
};

/** Files within folders, links in their names resolved now. Throws `config.invalid` for a folder that is not there. */
export const openFileAccess = (given: readonly string[]): FileAccess => {
  const folders = given.map((folder) => {
    try {
      return realpathSync(folder);
    } catch (error) {
      const because = `there is no folder ${folder}`;
      throw fail("config.invalid", { setting: "files", because }, error);
    }
  });

  /** What a path means: one that is not absolute begins at the first folder. */
  const wholeOf = (path: string): string => {
    const [first] = folders;
    if (first === undefined)
      throw fail("file.not-allowed", {
        path,
        because: "its owner allows no folder (the agent's --files FOLDER would)",
      });
    if (path.includes("\0")) throw fail("file.not-found", { path: path.replaceAll("\0", "") });
    return normalize(isAbsolute(path) ? path : join(first, path));
  };

  /** A handle of what is there, with where that truly is, held to the folders. The caller closes it. */
  const reach = async (path: string, whole: string): Promise<FileHandle> => {
    const handle = await open(whole, onlyPath).catch((error: unknown) => {
      // Whether something is there is nobody's business outside of the folders.
      if (folders.some((folder) => isWithin(whole, folder))) throw error;
      throw fail("file.not-allowed", { path, because: outside });
    });
    const real = await readlink(throughHandle(handle));
    if (folders.some((folder) => isWithin(real, folder))) return handle;
    await handle.close();
    throw fail("file.not-allowed", { path, because: outside });
  };
  const outside = `it is outside of ${folders.join(", ")}`;

  return {
    folders,
    async *list(path) {
      const handle = await orFailure(path, () => reach(path, wholeOf(path)));
      try {
        let count = 0;
        const folder = await orFailure(path, () => opendir(throughHandle(handle)));
        for await (const { name } of folder) {
          const stats = await lstat(join(throughHandle(handle), name)).catch(() => undefined);
          if (!stats) continue; // gone meanwhile
          const { size, mode, mtimeMs } = stats;
          const entry: FileEntry = {
            ...{ name, type: typeOf(stats), bytes: size, mode: mode & 0o7777 },
            modifiedMs: mtimeMs,
          };
          yield entry;
          count += 1;
          if (count === MAX_LISTED) return;
        }
      } catch (error) {
        throw failureOf(path, error);
      } finally {
        await handle.close();
      }
    },
    open: (path) =>
      orFailure(path, async (): Promise<OpenedFile> => {
        const handle = await reach(path, wholeOf(path));
        try {
          const stats = await handle.stat();
          if (!stats.isFile())
            throw fail("file.failed", {
              path,
              because: `it is ${stats.isDirectory() ? "a folder" : "no file"}`,
            });
          const file = await open(throughHandle(handle), constants.O_RDONLY);
          return {
            bytes: stats.size,
            read: (offset, most) =>
              orFailure(path, async () => {
                const buffer = Buffer.allocUnsafeSlow(most);
                const { bytesRead } = await file.read(buffer, 0, most, offset);
                return buffer.subarray(0, bytesRead);
              }),
            close: () => file.close(),
          };
        } finally {
          await handle.close();
        }
      }),
    create: (path, options) =>
      orFailure(path, async () => {
        const whole = wholeOf(path);
        if (whole.endsWith("/") || basename(whole) === "")
          throw fail("file.failed", { path, because: "it names a folder" });
        const folder = await reach(path, dirname(whole));
        try {
          return await createNewFile(whole, folder, options);
        } catch (error) {
          await folder.close();
          throw error;
        }
      }),
  };
};

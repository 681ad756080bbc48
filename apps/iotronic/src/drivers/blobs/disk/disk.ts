// Blobs as files of one folder, each named by its hash: written beside, checked, synced, renamed. A name stands for whole and
// right bytes, or is not there.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, MAX_BLOB_BYTES } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { isDiskFull, makePrivateFolder, randomToken } from "@s4t/kit/node";
import type { BlobsDriver, StoredBlob } from "../../../ports/blobs.ts";
import type { DiskBlobsOptions } from "./config.ts";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | null)?.code ?? "";

/** What a disk says, told with a code; what others throw passes. */
const told = (error: unknown): unknown => {
  if (isDiskFull(error)) return fail("cloud.storage-full", undefined, error);
  if (isS4tError(error) || (error as NodeJS.ErrnoException | null)?.syscall === undefined)
    return error;
  return fail(
    "cloud.unavailable",
    { because: `its folder of bytes refuses (${codeOf(error)})` },
    error,
  );
};
const onDisk = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw told(error);
  }
};

const isName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Writes bytes into a new file, durably, and answers their hash. */
const write = async (path: string, bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash("sha256");
  let size = 0;
  // Closed before anything else happens: what failed is removed by the caller.
  await using file = await onDisk(() => open(path, "wx", 0o600));
  for await (const piece of bytes) {
    size += piece.length;
    if (size > MAX_BLOB_BYTES) throw fail("request.too-large", { limitBytes: MAX_BLOB_BYTES });
    hash.update(piece);
    await onDisk(() => file.writeFile(piece));
  }
  await onDisk(() => file.sync());
  return hash.digest("hex");
};

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, "r");
  await handle.sync();
};

/** Makes the driver. */
export const createDiskBlobs = ({ folder }: DiskBlobsOptions): BlobsDriver => {
  const pathOf = (sha256: string): string => join(folder, sha256);

  const find = async (sha256: string): Promise<StoredBlob | undefined> => {
    try {
      const { size, mtimeMs } = await stat(pathOf(sha256));
      return { sha256, bytes: size, storedAtMs: mtimeMs };
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw told(error);
    }
  };

  const names = async (): Promise<string[]> => (await onDisk(() => readdir(folder))).filter(isName);

  return {
    name: "blobs",
    async start() {
      makePrivateFolder(folder);
      // What a kill left half written.
      for (const name of await readdir(folder))
        if (!isName(name)) await rm(join(folder, name), { force: true });
    },
    async put(sha256, bytes) {
      const half = join(folder, `${sha256}.${randomToken(8)}.new`);
      try {
        if ((await write(half, bytes)) !== sha256) throw fail("blob.damaged");
        await onDisk(async () => {
          await rename(half, pathOf(sha256));
          await syncFolder(folder);
        });
      } catch (error) {
        // On a disk that refuses, what came of it goes with the next start.
        await rm(half, { force: true }).catch(() => {});
        throw error;
      }
    },
    find,
    async read(sha256, range) {
      if (!(await find(sha256))) throw fail("blob.not-found");
      const { from = 0, to = Number.POSITIVE_INFINITY } = range ?? {};
      // Opened when somebody reads: a stream that nobody takes holds no descriptor.
      async function* bytes(): AsyncGenerator<Uint8Array> {
        try {
          for await (const piece of createReadStream(pathOf(sha256), { start: from, end: to }))
            yield piece as Uint8Array;
        } catch (error) {
          throw told(error);
        }
      }
      return bytes();
    },
    remove: (sha256) => onDisk(() => rm(pathOf(sha256), { force: true })),
    async list() {
      const found = await Promise.all((await names()).map(find));
      return found.filter((blob) => blob !== undefined);
    },
    async backup(into) {
      await mkdir(into, { recursive: true, mode: 0o700 });
      for (const name of await names())
        try {
          // A second name for the same bytes: they never change.
          await link(pathOf(name), join(into, name));
        } catch (error) {
          if (codeOf(error) === "EXDEV" || codeOf(error) === "EPERM")
            await copyFile(pathOf(name), join(into, name));
          else if (codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOENT") throw error;
        }
    },
  };
};

// The one way bytes of strangers become files: gzip, undone piece by piece, cut into files by the manifest that was signed. What is
// written where is decided by the manifest alone, whose paths cannot leave the folder, and no byte more than it says is kept.
import { createHash, type Hash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fail, type PluginManifest } from "@s4t/contract";

const damaged = (because: string, cause?: unknown) => fail("plugin.damaged", { because }, cause);
// A file that is there already, or a link, was not made by this: refused by the kernel.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

const syncTree = (folder: string): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) syncTree(join(folder, entry.name));
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

const makeFolders = (root: string, folder: string): void => {
  if (folder === root) return;
  makeFolders(root, dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o755 });
    chmodSync(folder, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
};

/** Files one after another; each is opened at its first byte and held to its hash at its last. */
const createSplitter = (root: string, { files }: PluginManifest) => {
  let at = 0;
  let left = 0;
  let handle: number | undefined;
  let hash: Hash | undefined;
  const begin = (): void => {
    const file = files[at];
    if (!file || handle !== undefined) return;
    const path = join(root, file.path);
    makeFolders(root, dirname(path));
    handle = openSync(path, flags, 0o644);
    chmodSync(path, 0o644);
    hash = createHash("sha256");
    left = file.bytes;
    if (left === 0) end();
  };
  const end = (): void => {
    const file = files[at];
    if (hash?.digest("hex") !== file?.sha256) throw damaged(`${file?.path} is another`);
    if (handle !== undefined) {
      fsyncSync(handle);
      closeSync(handle);
    }
    handle = undefined;
    at += 1;
    begin();
  };
  begin();
  return {
    take(bytes: Uint8Array): void {
      for (let from = 0; from < bytes.length; ) {
        if (handle === undefined || !hash) throw damaged("it is larger than it says");
        const piece = bytes.subarray(from, from + left);
        for (let done = 0; done < piece.length; ) done += writeSync(handle, piece, done);
        hash.update(piece);
        from += piece.length;
        left -= piece.length;
        if (left === 0) end();
      }
    },
    finish(): void {
      if (at < files.length) throw damaged("it is smaller than it says");
    },
    close(): void {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
};

/**
 * Unpacks a blob into an empty folder, durably. Throws `plugin.damaged` where a byte is not as it was signed, the signal's reason,
 * and what the disk says.
 */
export const unpackInto = async (
  folder: string,
  blob: string,
  manifest: PluginManifest,
  signal: AbortSignal,
): Promise<void> => {
  // Loaded when a plugin comes: a board that has none does without.
  const { createGunzip } = await import("node:zlib");
  const splitter = createSplitter(folder, manifest);
  const hash = createHash("sha256");
  const read = createReadStream(blob);
  const gunzip = createGunzip();
  read.on("data", (bytes) => hash.update(bytes));
  read.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const bytes of read.pipe(gunzip)) {
      signal.throwIfAborted();
      splitter.take(bytes as Buffer);
    }
    splitter.finish();
    if (hash.digest("hex") !== manifest.blob.sha256) throw damaged("its hash is another");
    syncTree(folder);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code ?? "");
    throw code.startsWith("Z_") ? damaged("it cannot be unpacked", error) : error;
  } finally {
    read.destroy();
    gunzip.destroy();
    splitter.close();
  }
};

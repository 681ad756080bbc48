// Versions of plugins in a folder of the agent: `versions/<id>`, `versions/<id>.new` while it is unpacked, `blobs/<hash>.part` and
// `blobs/<hash>`, `state/<name>`; what goes is `<id>.<chance>.gone` and the like until all of it has gone. Only ids, hashes and names
// of the contract, in which there is no point, become names of files, and only ours are removed.
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fail, type PluginManifest } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { makePrivateFolder, whyUnwritable } from "@s4t/kit/node";
import type { BlobPart, PluginStore } from "../plugin-store.ts";
import { unpackInto } from "./unpack.ts";

const orRefused = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw isS4tError(error)
      ? error
      : fail("board.storage", { because: whyUnwritable(error) }, error);
  }
};

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was ever there
  }
};

/** Does each, what is added meanwhile too, also after one that throws; throws what the first one threw. */
const doEach = <T>(items: readonly T[], work: (item: T) => void): void => {
  const thrown: unknown[] = [];
  for (const item of items)
    try {
      work(item);
    } catch (error) {
      thrown.push(error);
    }
  if (thrown.length > 0) throw thrown[0];
};

/** A name in `folder` that nothing ever had and a sweep takes: what could not be removed before is in nobody's way. */
const goneName = (folder: string, prefix = ""): string =>
  join(folder, `${prefix}${randomBytes(8).toString("hex")}.gone`);

/**
 * Removes what lies in a folder of ours. Folders in it come out beside it before they are gone through, so that no depth needs
 * longer paths or more handles, and are made writable: to root they are. Links are removed, not followed. Names are bytes, since a
 * plugin need not name its files in UTF-8.
 */
const removeTree = (path: string): void => {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    rmSync(path, { force: true });
    return;
  }
  const inside = (folder: string, name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
  const mustOpen = process.geteuid?.() !== 0;
  if (mustOpen) chmodSync(path, 0o700);
  const folders = [path];
  doEach(folders, (folder) => {
    doEach(readdirSync(folder, { withFileTypes: true, encoding: "buffer" }), (entry) => {
      const found = inside(folder, entry.name);
      if (!entry.isDirectory()) return unlinkSync(found);
      if (mustOpen) chmodSync(found, 0o700);
      const beside = goneName(dirname(path));
      renameSync(found, beside);
      folders.push(beside);
    });
    rmdirSync(folder);
  });
};

/**
 * Removes `<folder>/<name>`, under a name that nobody takes for it: where the disk refuses half-way, or the power goes, what has its
 * own name is whole. Throws what the disk says; a sweep tries again.
 */
const removeNamed = (folder: string, name: string): void => {
  const path = join(folder, name);
  if (!existsSync(path)) return;
  const gone = goneName(folder, `${name}.`);
  renameSync(path, gone);
  syncFolder(folder);
  removeTree(gone);
};

const damaged = (because: string, cause?: unknown) => fail("plugin.damaged", { because }, cause);

const openPartFile = async (
  path: string,
  whole: string,
  { blob }: Pick<PluginManifest, "blob">,
): Promise<BlobPart> => {
  const hash = createHash("sha256");
  const handle = orRefused(() => openSync(path, "a", 0o600));
  let { size } = fstatSync(handle);
  if (size > blob.bytes) {
    closeSync(handle);
    rmSync(path, { force: true });
    return openPartFile(path, whole, { blob });
  }
  // What is here from an earlier try is believed by the hash of the whole alone.
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(handle);
    isOpen = false;
  };
  return {
    get size() {
      return size;
    },
    append(bytes) {
      if (size + bytes.length > blob.bytes) {
        rmSync(path, { force: true });
        throw damaged("there are more bytes than it says");
      }
      orRefused(() => {
        for (let at = 0; at < bytes.length; ) {
          const written = writeSync(handle, bytes, at);
          hash.update(bytes.subarray(at, at + written));
          at += written;
          size += written;
        }
      });
    },
    finish() {
      if (size !== blob.bytes || hash.digest("hex") !== blob.sha256) {
        close();
        rmSync(path, { force: true });
        throw damaged("its hash is another");
      }
      orRefused(() => {
        fsyncSync(handle);
        close();
        renameSync(path, whole);
      });
    },
    close,
  };
};

/** A {@link PluginStore} in a folder. Nothing is made before it is needed. */
export const openPluginStore = (folder: string): PluginStore => {
  const [versions, blobs, states] = ["versions", "blobs", "state"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const versionFolder = (version: string) => join(versions, version);
  const newFolder = (version: string) => join(versions, `${version}.new`);
  const blobFile = ({ blob }: PluginManifest) => join(blobs, blob.sha256);
  return {
    has: (version) => existsSync(versionFolder(version)),
    folderOf: versionFolder,
    stateFolderOf(name) {
      const path = join(states, name);
      orRefused(() => makePrivateFolder(path));
      return path;
    },
    hasBlob: (manifest) => existsSync(blobFile(manifest)),
    openPart(manifest) {
      orRefused(() => makePrivateFolder(blobs));
      return openPartFile(`${blobFile(manifest)}.part`, blobFile(manifest), manifest);
    },
    async unpack(version, manifest, signal) {
      const folderOfNew = newFolder(version);
      orRefused(() => {
        makePrivateFolder(versions);
        removeTree(folderOfNew);
        mkdirSync(folderOfNew, { mode: 0o755 });
        // Where plugins have users of their own, they read it; a umask must not keep them from it.
        chmodSync(folderOfNew, 0o755);
      });
      try {
        await unpackInto(folderOfNew, blobFile(manifest), manifest, signal);
      } catch (error) {
        removeTree(folderOfNew);
        if (isS4tError(error, "plugin.damaged")) rmSync(blobFile(manifest), { force: true });
        if (isS4tError(error) || signal.aborted) throw error;
        throw fail("board.storage", { because: whyUnwritable(error) }, error);
      }
    },
    commit(version, manifest) {
      orRefused(() => {
        removeNamed(versions, version);
        renameSync(newFolder(version), versionFolder(version));
        syncFolder(versions);
        rmSync(blobFile(manifest), { force: true });
      });
    },
    sweep(keep) {
      const unwanted = (folder: string, isKept: (name: string) => boolean) =>
        listed(folder)
          .filter((name) => !isKept(name))
          .map((name) => ({ folder, name }));
      orRefused(() => {
        const all = [
          ...unwanted(versions, (name) => keep.versions.has(name.replace(/\.new$/, ""))),
          ...unwanted(states, (name) => keep.names.has(name)),
          ...unwanted(blobs, (name) => keep.blobs.has(name.replace(/\.part$/, ""))),
        ];
        doEach(all, ({ folder, name }) => {
          if (folder === blobs || name.includes(".")) removeTree(join(folder, name));
          else removeNamed(folder, name);
        });
      });
    },
  };
};

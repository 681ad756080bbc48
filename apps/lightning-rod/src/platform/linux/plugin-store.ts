// Versions of plugins in a folder of the agent: `versions/<id>`, `versions/<id>.new` while it is unpacked, `blobs/<hash>.part` and
// `blobs/<hash>`, `state/<name>`. Only ids, hashes and names of the contract become names of files, and only ours are removed.
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
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

/** Links in it are removed, not followed. */
const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true });

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
        removeTree(versionFolder(version));
        renameSync(newFolder(version), versionFolder(version));
        syncFolder(versions);
        rmSync(blobFile(manifest), { force: true });
      });
    },
    sweep(keep) {
      orRefused(() => {
        for (const name of listed(versions))
          if (!keep.versions.has(name.replace(/\.new$/, ""))) removeTree(join(versions, name));
        for (const name of listed(states))
          if (!keep.names.has(name)) removeTree(join(states, name));
        for (const name of listed(blobs))
          if (!keep.blobs.has(name.replace(/\.part$/, "")))
            rmSync(join(blobs, name), { force: true });
      });
    },
  };
};

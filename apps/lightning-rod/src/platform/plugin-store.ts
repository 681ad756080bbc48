// Where versions of plugins lie on a board. A folder named by a version is that version, whole and as it was signed, or is not
// there: it is unpacked beside and renamed, and renamed before it is removed; so is what a plugin keeps. What came of a blob before a
// cut stays, so that the rest can follow.
import type { PluginManifest } from "@s4t/contract";

/** The beginning of a blob, on its way. */
export interface BlobPart {
  /** Bytes that are here. */
  readonly size: number;
  /** Throws `board.storage`, and `plugin.damaged` for more bytes than the manifest says. */
  append(bytes: Uint8Array): void;
  /** Durable and as its hash says, or gone: throws `plugin.damaged`. */
  finish(): void;
  close(): void;
}

/** Every method throws `board.storage` where the disk refuses. */
export interface PluginStore {
  has(version: string): boolean;
  folderOf(version: string): string;
  /** Of a plugin: stays over its versions. Made where it is not there. */
  stateFolderOf(name: string): string;
  /** Whether the blob is here whole, from a try that a cut ended later. */
  hasBlob(manifest: PluginManifest): boolean;
  openPart(manifest: PluginManifest): Promise<BlobPart>;
  /**
   * Writes the blob's files beside, each held to path, size and hash of the manifest, durably. Throws `plugin.damaged` at the
   * first byte that is not as it was signed, and leaves nothing then.
   */
  unpack(version: string, manifest: PluginManifest, signal: AbortSignal): Promise<void>;
  /** What was unpacked is the version from now on; the blob goes. */
  commit(version: string, manifest: PluginManifest): void;
  /** Removes everything but this; goes on after what the disk does not let go. */
  sweep(keep: KeptPlugins): void;
}

/** What is in use or on its way; what is half unpacked of it stays too. */
export interface KeptPlugins {
  readonly versions: ReadonlySet<string>;
  readonly blobs: ReadonlySet<string>;
  /** Plugins, whose state stays. */
  readonly names: ReadonlySet<string>;
}

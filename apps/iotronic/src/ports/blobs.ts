// Where bytes lie that are named by their own SHA-256: stored once, never changed. Whose they are, and who may read them, is for
// the modules to say.
import type { Part } from "@s4t/kit";

/** Bytes that are there. */
export interface StoredBlob {
  readonly sha256: string;
  readonly bytes: number;
  /** When somebody last stored them. */
  readonly storedAtMs: number;
}

/** A stretch of bytes: both ends belong to it. */
export interface BlobRange {
  readonly from: number;
  readonly to: number;
}

/** Each verb throws `cloud.unavailable` where the store refuses, and works again by itself once it does not. */
export interface BlobsDriver extends Part {
  /**
   * Stores bytes while they come; resolves once they are durable. Throws `blob.damaged` where they are not what the name says,
   * `request.too-large` and `cloud.storage-full`; nothing of them remains then. What is there already counts as stored anew.
   */
  put(sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  find(sha256: string): Promise<StoredBlob | undefined>;
  /** The bytes, or a stretch of them. Throws `blob.not-found`. */
  read(sha256: string, range?: BlobRange): Promise<AsyncIterable<Uint8Array>>;
  /** Removes bytes; those that are not there are fine. */
  remove(sha256: string): Promise<void>;
  list(): Promise<readonly StoredBlob[]>;
  /** Adds to a folder what it lacks: called again, it costs only what is new. */
  backup(folder: string): Promise<void>;
}

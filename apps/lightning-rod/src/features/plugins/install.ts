// A version of a plugin on its way to the board's disk: ticket, bytes, files, name. Every step leaves the version wholly there or
// not there, and begins again where a cut or a kill ended the one before.
import { fail, isRetryable, type PluginManifest } from "@s4t/contract";
import { type Clock, createBackoff, isS4tError, sleep } from "@s4t/kit";
import type { PluginStore } from "../../platform/plugin-store.ts";

/** First pause before the rest of a blob is asked for. */
export const DOWNLOAD_FIRST_MS = 500;
/** Longest pause. */
export const DOWNLOAD_CAP_MS = 30_000;
/** Tries in a row that brought nothing: then the entry fails, and is tried again by the link. */
export const DOWNLOAD_TRIES = 6;

/** Steps after which a kill is tried in tests. */
export type InstallPoint = "ticket" | "downloaded" | "unpacked" | "renamed";

export interface InstallDependencies {
  readonly store: PluginStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** The bytes of a blob from `from` on, with a ticket of the cloud. Rejects with what `take` throws. */
  readonly fetch: (wanted: {
    readonly sha256: string;
    readonly from: number;
    readonly signal: AbortSignal;
    readonly take: (bytes: Uint8Array) => void;
    readonly onTicket: () => void;
  }) => Promise<void>;
  readonly atPoint: (point: InstallPoint) => void;
}

/** Brings a version to the disk. */
export type Install = (
  version: string,
  manifest: PluginManifest,
  signal: AbortSignal,
) => Promise<void>;

/** Makes it. It throws `plugin.damaged`, `board.storage`, `cloud.unreachable`, and the signal's reason. */
export const createInstall = (deps: InstallDependencies): Install => {
  const { store, clock, random, fetch, atPoint } = deps;
  const download = async (manifest: PluginManifest, signal: AbortSignal): Promise<void> => {
    const { sha256, bytes } = manifest.blob;
    const backoff = createBackoff({ firstMs: DOWNLOAD_FIRST_MS, capMs: DOWNLOAD_CAP_MS }, random);
    const part = await store.openPart(manifest);
    try {
      for (let failed = 0; part.size < bytes; ) {
        const from = part.size;
        const take = (piece: Uint8Array) => part.append(piece);
        let hasTicket = false;
        const onTicket = () => {
          hasTicket = true;
          atPoint("ticket");
        };
        try {
          await fetch({ sha256, from, signal, take, onTicket });
          if (part.size === from) throw fail("plugin.damaged", { because: "bytes are missing" });
        } catch (error) {
          // Without a link there is nobody to ask: the next join tries again. And a full disk is not the network's.
          const isCut = hasTicket && isRetryable(error) && !isS4tError(error, "board.storage");
          if (signal.aborted || !isCut) throw error;
          failed = part.size > from ? 0 : failed + 1;
          if (part.size > from) backoff.reset();
          if (failed >= DOWNLOAD_TRIES) throw error;
          await sleep(clock, backoff.next(), signal);
        }
      }
      part.finish();
    } finally {
      part.close();
    }
  };

  return async (version, manifest, signal) => {
    if (store.has(version)) return;
    if (!store.hasBlob(manifest)) await download(manifest, signal);
    atPoint("downloaded");
    signal.throwIfAborted();
    await store.unpack(version, manifest, signal);
    atPoint("unpacked");
    store.commit(version, manifest);
    atPoint("renamed");
  };
};

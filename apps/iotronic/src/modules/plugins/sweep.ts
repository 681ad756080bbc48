// Blobs that no version names, removed after a while: of uploads that nobody went on with, and of plugins that are gone.
import type { Part } from "@s4t/kit";
import { everything } from "../../policy/index.ts";
import type { PluginsDependencies } from "./change.ts";
import { isBlobNamed, listNamedBlobs } from "./store.ts";

/** How long bytes may lie that no version names: an upload and what follows it are done long before. */
export const UNNAMED_BLOB_LIFE_MS = 3_600_000;
/** How often is looked for them. */
export const BLOB_SWEEP_MS = 600_000;

/** Blobs that a version is about to name. */
export interface Claims {
  claim(sha256: string): Disposable;
  has(sha256: string): boolean;
}

export const createClaims = (): Claims => {
  const counts = new Map<string, number>();
  return {
    claim(sha256) {
      counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
      return {
        [Symbol.dispose]() {
          const left = (counts.get(sha256) ?? 1) - 1;
          if (left === 0) counts.delete(sha256);
          else counts.set(sha256, left);
        },
      };
    },
    has: (sha256) => counts.has(sha256),
  };
};

type SweepDependencies = Pick<PluginsDependencies, "database" | "blobs" | "clock" | "log">;

export interface Sweeper extends Part {
  sweep(): Promise<void>;
}

/** Makes the sweeper. */
export const createSweeper = (
  { database, blobs, clock, log }: SweepDependencies,
  claims: Claims,
): Sweeper => {
  let timer: { cancel(): void } | undefined;

  const sweep = async (): Promise<void> => {
    const named = await database.read(everything, (reader) => listNamedBlobs(everything, reader));
    const oldest = clock.now() - UNNAMED_BLOB_LIFE_MS;
    for (const { sha256, storedAtMs } of await blobs.list()) {
      if (storedAtMs > oldest || named.has(sha256) || claims.has(sha256)) continue;
      // Asked again right before: a version may have come to name it since.
      const isNamed = await database.read(everything, (reader) =>
        isBlobNamed(everything, reader, sha256),
      );
      if (!isNamed && !claims.has(sha256)) await blobs.remove(sha256);
    }
  };

  const watch = (): void => {
    timer = clock.after(BLOB_SWEEP_MS, () => {
      sweep()
        .catch((error: unknown) => log.warn("Bytes without a name could not be removed", { error }))
        .finally(watch);
    });
  };

  return {
    name: "blob-sweeper",
    start: watch,
    stop: () => timer?.cancel(),
    sweep,
  };
};

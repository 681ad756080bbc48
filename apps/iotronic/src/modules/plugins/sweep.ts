// Blobs that nobody wants, removed: of uploads that nobody went on with for a while, of plugins that are gone, of a kill between
// bytes and their row.
import type { Part } from "@s4t/kit";
import { everything } from "../../policy/index.ts";
import type { PluginsDependencies } from "./change.ts";
import type { Claims } from "./claims.ts";
import { isWanted, listWanted, removeUploadsBefore } from "./upload-store.ts";

/** How long bytes may lie that no version names: an upload and what follows it are done long before. */
export const UNNAMED_BLOB_LIFE_MS = 3_600_000;
/** How often is looked for them. */
export const BLOB_SWEEP_MS = 600_000;

type SweepDependencies = Pick<PluginsDependencies, "database" | "blobs" | "clock" | "log">;

export interface Sweeper extends Part {
  sweep(): Promise<void>;
  /** Sweeps beside what goes on: there is something that nobody wants any longer. */
  soon(): void;
}

/** Makes the sweeper. */
export const createSweeper = (
  { database, blobs, clock, log }: SweepDependencies,
  claims: Claims,
): Sweeper => {
  let timer: { cancel(): void } | undefined;
  let going: Promise<void> | undefined;
  let isAskedAgain = false;
  let isStopped = false;

  const sweep = async (): Promise<void> => {
    const oldest = clock.now() - UNNAMED_BLOB_LIFE_MS;
    await database.write(everything, (tx) => removeUploadsBefore(everything, tx, oldest));
    // Listed before it is asked what is wanted: what comes meanwhile is not among them.
    const there = await blobs.list();
    const wanted = await database.read(everything, (reader) => listWanted(everything, reader));
    for (const { sha256 } of there) {
      if (wanted.has(sha256)) continue;
      await claims.unclaimed(sha256, async () => {
        // Asked again while nobody can begin to want it: somebody may have since.
        const isStillWanted = await database.read(everything, (reader) =>
          isWanted(everything, reader, sha256),
        );
        if (!isStillWanted) await blobs.remove(sha256);
      });
    }
  };

  const run = async (): Promise<void> => {
    do {
      isAskedAgain = false;
      try {
        await sweep();
      } catch (error) {
        log.warn("Bytes without a name could not be removed", { error });
      }
    } while (isAskedAgain && !isStopped);
    going = undefined;
  };

  const soon = (): void => {
    if (isStopped) return;
    if (going) isAskedAgain = true;
    else going = run();
  };

  const watch = (): void => {
    timer = clock.after(BLOB_SWEEP_MS, () => {
      soon();
      watch();
    });
  };

  return {
    name: "blob-sweeper",
    start() {
      soon();
      watch();
    },
    async stop() {
      timer?.cancel();
      isStopped = true;
      await going;
    },
    sweep,
    soon,
  };
};

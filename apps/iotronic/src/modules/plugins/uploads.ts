// Bytes as they come from a project. All are read and checked, also those that are there already: whoever only knows their hash learns
// nothing, and may name nothing.
import { fail, MAX_BLOB_BYTES, type ProjectId } from "@s4t/contract";
import { within } from "../../policy/index.ts";
import type { PluginsDependencies } from "./change.ts";
import type { Claims } from "./claims.ts";
import { setUpload, sumUploads } from "./upload-store.ts";

/** Most bytes of one project that no version names yet, those under way among them: some of the largest at once, and no disk full. */
export const MAX_UNNAMED_BYTES_PER_PROJECT = 8 * MAX_BLOB_BYTES;
/** What the smallest blob counts as: a block of the disk and an entry of its folder. */
export const LEAST_COUNTED_BYTES = 4_096;

export interface Uploads {
  /** Stores bytes for a project. Throws `blob.unnamed-full`, and what the store of blobs throws. */
  put(project: ProjectId, sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** `sweepSoon`: there are bytes that nobody wants. */
export const createUploads = (
  { database, blobs, clock }: Pick<PluginsDependencies, "database" | "blobs" | "clock">,
  claims: Claims,
  sweepSoon: () => void,
): Uploads => {
  const coming = new Map<ProjectId, number>();

  /** Bytes under way, counted until it is disposed of. */
  const count = (project: ProjectId, waiting: number) => {
    let counted = 0;
    const add = (bytes: number): void => {
      counted += bytes;
      const all = (coming.get(project) ?? 0) + bytes;
      if (all === 0) coming.delete(project);
      else coming.set(project, all);
    };
    return {
      take(bytes: number): void {
        add(bytes);
        requireRoom(waiting + (coming.get(project) ?? 0));
      },
      [Symbol.dispose]: () => add(-counted),
    };
  };

  return {
    async put(project, sha256, bytes) {
      const scope = within(project);
      using _claim = await claims.claim(sha256);
      const waiting = await database.read(scope, (reader) =>
        sumUploads(scope, reader, project, sha256),
      );
      using counter = count(project, waiting);
      let size = 0;
      async function* counted(): AsyncGenerator<Uint8Array> {
        counter.take(LEAST_COUNTED_BYTES);
        for await (const piece of bytes) {
          size += piece.length;
          counter.take(piece.length);
          yield piece;
        }
      }
      await blobs.put(sha256, counted());
      const row = {
        project_id: project,
        blob: sha256,
        bytes: Math.max(size, LEAST_COUNTED_BYTES),
        at: clock.now(),
      };
      try {
        await database.write(scope, async (tx) => {
          // Asked again: others may have come to their end meanwhile.
          requireRoom((await sumUploads(scope, tx, project, sha256)) + row.bytes);
          await setUpload(scope, tx, row);
        });
      } catch (error) {
        sweepSoon();
        throw error;
      }
    },
  };
};

const requireRoom = (bytes: number): void => {
  if (bytes > MAX_UNNAMED_BYTES_PER_PROJECT)
    throw fail("blob.unnamed-full", { limitBytes: MAX_UNNAMED_BYTES_PER_PROJECT });
};

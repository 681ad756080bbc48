// For tests of power cuts: the process ends, as by one, at the step that `S4T_FAIL_AT` names. Steps of every verb are named by its
// audit entry: `ACTION:begun` within its transaction, `ACTION:committed` after it and before anybody is answered. Of blobs there
// are `blob:half` (some bytes have come), `blob:kept` (all are durable, nobody was told), `blob:ticket` (a board may fetch, and was not
// told), `blob:read` (some bytes have been sent).
import type { AuditLog } from "../edge/facts.ts";
import type { LinkHost } from "../edge/link.ts";
import type { PluginsAction } from "../modules/plugins/index.ts";
import type { BlobsDriver } from "../ports/blobs.ts";

/** Points on the way of bytes. */
type BlobPoint = "blob:half" | "blob:kept" | "blob:ticket" | "blob:read";
/** Every point of what is done with plugins. */
export type PluginsPoint = BlobPoint | `${PluginsAction}:${"begun" | "committed"}`;

/** What ends this process at one point; undefined where no point is named. */
export type AtPoint = ((point: string) => void) | undefined;

type AtBlobPoint = ((point: BlobPoint) => void) | undefined;

export const dieAt = (wanted: string | undefined): AtPoint =>
  wanted === undefined
    ? undefined
    : (point) => {
        if (point === wanted) process.kill(process.pid, "SIGKILL");
      };

/** The same, with a point after its first bytes were taken. */
async function* throughPoint(bytes: AsyncIterable<Uint8Array>, at: () => void) {
  for await (const piece of bytes) {
    yield piece;
    at();
  }
}

/** Blobs with their points. */
export const blobsWithPoints = (blobs: BlobsDriver, at: AtBlobPoint): BlobsDriver =>
  at === undefined
    ? blobs
    : {
        ...blobs,
        async put(sha256, bytes) {
          await blobs.put(
            sha256,
            throughPoint(bytes, () => at("blob:half")),
          );
          at("blob:kept");
        },
        read: async (sha256, range) =>
          throughPoint(await blobs.read(sha256, range), () => at("blob:read")),
      };

/** What answers boards, with its point. */
export const hostWithPoints = (host: LinkHost, at: AtBlobPoint): LinkHost =>
  at === undefined
    ? host
    : {
        ...host,
        async requireBlob(board, epoch, sha256) {
          await host.requireBlob(board, epoch, sha256);
          at("blob:ticket");
        },
      };

/** An audit log that names the steps of what it writes down. */
export const auditWithPoints = <Log extends AuditLog>(audit: Log, at: AtPoint): Log =>
  at === undefined
    ? audit
    : {
        ...audit,
        async append(tx, entry) {
          await audit.append(tx, entry);
          at(`${entry.action}:begun`);
          tx.afterCommit(() => at(`${entry.action}:committed`));
        },
      };

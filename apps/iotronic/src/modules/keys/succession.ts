// What boards are told of how the present key came to be, and who could not follow it any further.
import { fail, MAX_KEY_SUCCESSION, type TargetProjectKey } from "@s4t/contract";
import { hashOf } from "@s4t/kit/node";
import type { KeyRow } from "./store.ts";

/** As boards are told of a project's keys, of which the last is the present one. */
export const successionOf = (rows: readonly KeyRow[]): TargetProjectKey => ({
  keys: rows.slice(-MAX_KEY_SUCCESSION).map(({ key, signature, sealed }) => ({
    ...{ key, signature },
    sealed: sealed === 1,
  })),
});

/**
 * Throws `project.boards-behind` where boards follow an earlier key than the ones that are told of once there is one more: no way
 * would lead them to it. `countTold`: how many boards have told last of just one of these values, by hash.
 */
export const requireNobodyBehind = async (
  rows: readonly KeyRow[],
  countTold: (hashes: readonly string[]) => Promise<number>,
): Promise<void> => {
  const left = rows.length + 1 - MAX_KEY_SUCCESSION;
  if (left <= 0) return;
  const hashes = Array.from({ length: left }, (_, i) => hashOf(successionOf(rows.slice(0, i + 1))));
  const boards = await countTold(hashes);
  if (boards > 0) throw fail("project.boards-behind", { boards, changes: MAX_KEY_SUCCESSION - 1 });
};

// The newest session of each board that values were announced of or came from. In memory, which is enough here: a data folder belongs
// to one process (`data.locked`), so that whoever could bring values of an older session asks this very fence, in the turn in which it
// writes; and with the process go all of its sessions.
import { type BoardId, fail } from "@s4t/contract";

export interface SessionFence {
  /** A session is heard of: it is the newest from now on. Throws `link.superseded` where a later one is known. */
  raise(board: BoardId, epoch: number | undefined): void;
  forget(): void;
}

/** Makes one that knows of nobody. */
export const createSessionFence = (): SessionFence => {
  const newest = new Map<BoardId, number>();
  return {
    raise(board, epoch) {
      if (epoch === undefined) return;
      const known = newest.get(board) ?? 0;
      if (known > epoch) throw fail("link.superseded");
      if (known < epoch) newest.set(board, epoch);
    },
    forget: () => newest.clear(),
  };
};

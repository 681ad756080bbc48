// What a bulk operation would do: counted by what is known of each board, and tried on the first of them, undone.
import {
  type BulkActionName,
  bulkActions,
  type ErrorCode,
  PREVIEW_NAMES,
  type Preview,
  sentenceOf,
} from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import type { PickedBoard } from "../../edge/bulk.ts";

/** Boards of a preview on which a wish is tried. */
export const PREVIEW_TRIALS = 20;

/** Wishes that are stored also for boards that were never there. */
const forAny: ReadonlySet<BulkActionName> = new Set([
  ...(["board.update", "board.retire", "fleet.join", "fleet.leave"] as const),
  ...(["injection.remove", "exposure.withdraw"] as const),
]);
/** What binds more than rows: never tried. */
const untried: ReadonlySet<BulkActionName> = new Set(["exposure.expose"]);

const hindranceOf = (
  action: BulkActionName,
  board: PickedBoard,
  { isConnected }: PreviewWays,
): ErrorCode | undefined => {
  if (!board.enrolled && !forAny.has(action)) return "board.never-seen";
  if (bulkActions[action].kind === "wish") return undefined;
  if (action === "board.reboot" && !board.canReboot) return "board.power-disabled";
  return isConnected(board.uuid) ? undefined : "board.offline";
};

export interface PreviewWays {
  /** Whether boards that are away are waited for. */
  readonly waits: boolean;
  readonly isConnected: (board: string) => boolean;
  /** Does it to a board, and undoes it. */
  readonly tryOne: (board: string) => Promise<unknown>;
}

/** Makes it. */
export const previewOf = async (
  action: BulkActionName,
  boards: readonly PickedBoard[],
  ways: PreviewWays,
): Promise<Preview> => {
  const effects = new Map<string, string[]>();
  const refusals = new Map<string, { readonly sentence: string; readonly names: string[] }>();
  const effect = (what: string, name: string): void => {
    const names = effects.get(what) ?? [];
    names.push(name);
    effects.set(what, names);
  };
  const refuse = (code: string, sentence: string, name: string): void => {
    const found = refusals.get(code) ?? { sentence, names: [] };
    found.names.push(name);
    refusals.set(code, found);
  };
  const isTried = bulkActions[action].kind === "wish" && !untried.has(action);
  let tried = 0;
  for (const board of boards) {
    const code = hindranceOf(action, board, ways);
    if (code === "board.offline" && ways.waits) effect("waits", board.name);
    else if (code) refuse(code, sentenceOf(code), board.name);
    else {
      try {
        if (isTried && tried < PREVIEW_TRIALS) {
          tried += 1;
          await ways.tryOne(board.uuid);
        }
        effect(action, board.name);
      } catch (error) {
        if (!isS4tError(error)) throw error;
        refuse(error.code, error.message, board.name);
      }
    }
  }
  const group = (names: readonly string[]) => ({
    count: names.length,
    first: names.slice(0, PREVIEW_NAMES),
  });
  return {
    effects: [...effects].map(([what, names]) => ({
      noun: "board",
      action: what,
      ...group(names),
    })),
    refusals: [...refusals].map(([code, { sentence, names }]) => ({
      ...{ code, sentence },
      ...group(names),
    })),
  };
};

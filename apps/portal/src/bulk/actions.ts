// What this page offers to do with many boards, out of what the contract has.
import type { BulkActionName } from "../live/contract.ts";
import type { TextKey } from "../text/text.ts";

export interface OfferedAction {
  readonly action: BulkActionName;
  readonly word: TextKey;
  /** What has to be chosen besides. */
  readonly needs?: "fleet" | "plugin";
  /** Cannot be undone: the number of boards is typed. */
  readonly isGrave?: true;
}

export const offeredActions = [
  { action: "board.ping", word: "bulk.ping" },
  { action: "board.restart", word: "bulk.restart" },
  { action: "fleet.join", word: "bulk.join", needs: "fleet" },
  { action: "fleet.leave", word: "bulk.leave", needs: "fleet" },
  { action: "injection.inject", word: "bulk.inject", needs: "plugin" },
  { action: "injection.remove", word: "bulk.eject", needs: "plugin" },
  { action: "injection.start", word: "bulk.start", needs: "plugin" },
  { action: "injection.stop", word: "bulk.stop", needs: "plugin" },
  { action: "board.reboot", word: "bulk.reboot", isGrave: true },
  { action: "board.retire", word: "bulk.retire", isGrave: true },
] as const satisfies readonly OfferedAction[];

/** Commands may wait for boards that are away. */
export const waits = [
  { seconds: 0, word: "bulk.wait-not" },
  { seconds: 3_600, word: "bulk.wait-hour" },
  { seconds: 86_400, word: "bulk.wait-day" },
] as const satisfies readonly { seconds: number; word: TextKey }[];

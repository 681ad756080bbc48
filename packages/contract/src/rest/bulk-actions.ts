// What can be done with many boards. A file of its own, so that who only lists boards does not load it.
import { boards } from "./boards.ts";
import type { Endpoint } from "./endpoint.ts";
import { fleetMembers } from "./fleets.ts";
import { injections } from "./plugins.ts";
import { exposures } from "./services.ts";

/** One action: the endpoint for one board, and what kind of a thing it is. */
export interface BulkAction {
  readonly endpoint: Endpoint;
  /** `command`: sent to the board, at most once. `wish`: stored for the board, exactly once, whether it is there or not. */
  readonly kind: "command" | "wish";
}

const command = (of: Endpoint): BulkAction => ({ endpoint: of, kind: "command" });
const wish = (of: Endpoint): BulkAction => ({ endpoint: of, kind: "wish" });

/** What can be done with many boards, by the action of the policy table. */
export const bulkActions = {
  "board.ping": command(boards.ping),
  "board.info": command(boards.info),
  "board.restart": command(boards.restart),
  "board.reboot": command(boards.reboot),
  "board.update": wish(boards.update),
  "board.settings": wish(boards.settings),
  "board.retire": wish(boards.retire),
  "fleet.join": wish(fleetMembers.join),
  "fleet.leave": wish(fleetMembers.leave),
  "injection.inject": wish(injections.inject),
  "injection.remove": wish(injections.remove),
  "injection.call": command(injections.call),
  "injection.start": command(injections.start),
  "injection.stop": command(injections.stop),
  "injection.restart": command(injections.restart),
  "exposure.expose": wish(exposures.expose),
  "exposure.withdraw": wish(exposures.withdraw),
} as const satisfies Readonly<Record<string, BulkAction>>;

export type BulkActionName = keyof typeof bulkActions;
/** All of them. */
export const actionNames = Object.keys(bulkActions) as BulkActionName[];

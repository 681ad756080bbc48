// In which order the fleets of a board stand.
import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { Name } from "./shared.ts";

/** Priority of a board's primary fleet, the one that the original's API shows: it stands before all others. */
export const PRIMARY_PRIORITY = 0;
/** Priority of another fleet unless said: room before it and behind it. */
export const DEFAULT_FLEET_PRIORITY = 100;
/** Greatest priority: more places than anybody tells apart. */
export const MAX_FLEET_PRIORITY = 1_000;
/** Most fleets of one board: they are shown with it wherever it is shown. */
export const MAX_FLEETS_PER_BOARD = 32;

/** A fleet as its board shows it: lowest priority first, of the same by name. */
export const BoardFleet = Type.Object({
  uuid: Uuid("Fleet"),
  name: Name,
  priority: Type.Integer({ minimum: PRIMARY_PRIORITY, maximum: MAX_FLEET_PRIORITY }),
});
export type BoardFleet = Static<typeof BoardFleet>;

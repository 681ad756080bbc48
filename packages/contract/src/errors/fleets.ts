import { refused } from "./row.ts";

/** Fleets. */
export const fleetErrors = {
  "fleet.not-found": refused(404)("notFound", "There is no such fleet, or you may not see it."),
  "fleet.name-taken": refused(409)(
    "cannotCreate",
    "A fleet named {name} exists already in this project.",
  ),
  "fleet.in-use": refused(409)("usage", "{boards} boards are in the fleet: take them out first."),
  "fleet.not-in": refused(404)("notFound", "The board is not in this fleet."),
} as const;

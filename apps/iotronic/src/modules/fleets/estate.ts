import type { Estate } from "../../edge/estate.ts";
import { within } from "../../policy/index.ts";
import { removeFleets } from "./store.ts";

/** Fleets keep no project: without boards they are names. */
export const fleetsEstate: Estate = {
  count: async () => 0,
  remove: (tx, project) => removeFleets(within(project), tx, project),
};

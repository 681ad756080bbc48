import type { Estate } from "../../edge/estate.ts";
import { within } from "../../policy/index.ts";
import { countActive, removeRetired } from "./store.ts";

/** Boards keep their project; those that were retired go with it. */
export const boardsEstate: Estate = {
  count: (reader, project) => countActive(within(project), reader, project),
  remove: (tx, project) => removeRetired(within(project), tx, project),
};

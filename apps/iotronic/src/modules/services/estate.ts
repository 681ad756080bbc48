import type { Estate } from "../../edge/estate.ts";
import { within } from "../../policy/index.ts";
import { countServices, removeForwards } from "./store.ts";

/** Services keep their project; ways to boards that are gone go with it. Leases of ports stay: they stand above projects. */
export const servicesEstate: Estate = {
  count: (reader, project) => countServices(within(project), reader, project),
  remove: (tx, project) => removeForwards(within(project), tx, project),
};

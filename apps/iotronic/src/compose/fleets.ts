import type { Boards } from "../modules/boards/index.ts";
import { createFleets, fleetRoutes, fleetTopics } from "../modules/fleets/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** Fleets of boards. */
export const composeFleets = (ground: Ground, { countInFleets }: Boards): Offer => {
  const { clock, changes } = ground;
  const { subscribe, since } = changes;
  const fleets = createFleets({ ...ground, countInFleets });
  return {
    routes: fleetRoutes(fleets),
    topics: fleetTopics({ fleets, clock, subscribe, since }),
  };
};

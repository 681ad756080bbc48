export { fleetsEstate } from "./estate.ts";
export { createFleets, knownFleets } from "./fleets.ts";
export { fleetRoutes } from "./routes.ts";
export { fleetTopics } from "./topics.ts";

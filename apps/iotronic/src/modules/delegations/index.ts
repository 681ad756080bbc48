export { createDelegations } from "./delegations.ts";
export { delegationRoutes } from "./routes.ts";
export { delegationsEstate, standingDelegations } from "./standing.ts";

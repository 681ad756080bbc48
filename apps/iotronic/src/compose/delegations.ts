import type { Wishes } from "../edge/wishes.ts";
import { createDelegations, delegationRoutes } from "../modules/delegations/index.ts";
import type { Identity } from "../modules/identity/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** Boards that somebody outside of their project may do something with. */
export const composeDelegations = (
  ground: Ground,
  wishes: Wishes,
  { users, projects, tokens }: Identity,
): Offer => ({
  routes: delegationRoutes(
    createDelegations({
      ...ground,
      wishes,
      findUser: users.find,
      findProject: projects.resolve,
      forget: tokens.forget,
    }),
  ),
});

import type { Boards } from "../modules/boards/index.ts";
import { createIdentity, type Identity, identityRoutes } from "../modules/identity/index.ts";
import { type Action, maySomewhere, policyTable } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

const allActions = Object.keys(policyTable) as Action[];

/** Users, projects, sessions, credentials. */
export const composeIdentity = (
  ground: Ground,
  boards: Boards,
): { readonly identity: Identity; readonly offer: Offer } => {
  const identity = createIdentity({
    ...ground,
    countBoards: boards.countIn,
    actionsOf: (actor) => allActions.filter((action) => maySomewhere(actor, action)),
  });
  ground.parts.add(identity.tokens);
  return { identity, offer: { routes: identityRoutes(identity) } };
};

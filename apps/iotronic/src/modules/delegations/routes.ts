import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import type { Delegations } from "./delegations.ts";

export const delegationRoutes = (delegations: Delegations) =>
  implement(rest.delegations, {
    list: ({ scope, query }) => delegations.list(scope, query),
    create: ({ actor, scope, body }) => delegations.create(actor, scope, body),
    mine: ({ actor }) => delegations.mine(actor),
    pass: ({ actor, params, body }) => delegations.pass(actor, params.uuid, body),
    revoke: ({ actor, params }) => delegations.revoke(actor, params.uuid),
  });

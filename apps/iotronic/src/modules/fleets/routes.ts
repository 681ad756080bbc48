import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import { projectOf } from "../../policy/index.ts";
import type { Fleets } from "./fleets.ts";

export const fleetRoutes = (fleets: Fleets) =>
  implement(rest.fleets, {
    list: ({ actor, scope, query }) => fleets.list(actor, scope, query),
    create: ({ actor, scope, body }) => fleets.create(actor, projectOf(scope), body),
    show: ({ actor, scope, params }) => fleets.show(actor, scope, params.uuid),
    update: ({ actor, scope, params, body, ifMatch }) =>
      fleets.update(actor, scope, params.uuid, body, ifMatch),
    remove: ({ actor, scope, params, ifMatch }) =>
      fleets.remove(actor, scope, params.uuid, ifMatch),
  });

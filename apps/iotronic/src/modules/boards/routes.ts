import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import { projectOf } from "../../policy/index.ts";
import type { Boards } from "./boards.ts";
import type { Commands } from "./commands.ts";
import type { Timeline } from "./timeline.ts";

export const boardRoutes = (boards: Boards, commands: Commands, timeline: Timeline) => [
  ...implement(rest.boards, {
    list: ({ actor, scope, query }) => boards.list(actor, scope, query),
    counts: ({ scope, query }) => boards.counts(scope, query),
    create: ({ actor, scope, body }) => boards.create(actor, projectOf(scope), body),
    show: ({ actor, scope, params }) => boards.get(actor, scope, params.uuid),
    update: ({ actor, scope, params, body, ifMatch }) =>
      boards.update(actor, scope, params.uuid, body, ifMatch),
    retire: ({ actor, scope, params, ifMatch }) =>
      boards.retire(actor, scope, params.uuid, ifMatch),
    rearm: ({ actor, scope, params, body }) => boards.rearm(actor, scope, params.uuid, body),
    ping: ({ actor, scope, params, body, waitMs, signal }) =>
      commands.ping({ actor, scope, idOrName: params.uuid, body, waitMs, signal }),
    restart: ({ actor, scope, params, body, waitMs, signal }) =>
      commands.restart({ actor, scope, idOrName: params.uuid, body, waitMs, signal }),
    reboot: ({ actor, scope, params, body, waitMs, signal }) =>
      commands.reboot({ actor, scope, idOrName: params.uuid, body, waitMs, signal }),
    original: ({ actor, scope, params, body, waitMs, signal }) =>
      commands.original({ actor, scope, idOrName: params.uuid, body, waitMs, signal }),
    info: ({ scope, params, signal }) => commands.info(scope, params.uuid, signal),
    target: ({ scope, params }) => boards.target(scope, params.uuid),
    settings: ({ actor, scope, params, body, ifMatch }) =>
      boards.changeSettings(actor, scope, params.uuid, body, ifMatch),
    timeline: ({ actor, scope, params, query }) => timeline.list(actor, scope, params.uuid, query),
  }),
  ...implement(rest.fleetMembers, {
    join: ({ actor, scope, params, body, ifMatch }) =>
      boards.join(actor, scope, params.uuid, params.fleet, body.priority, ifMatch),
    leave: ({ actor, scope, params, ifMatch }) =>
      boards.leave(actor, scope, params.uuid, params.fleet, ifMatch),
  }),
];

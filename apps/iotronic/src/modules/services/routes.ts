import { fail, rest } from "@s4t/contract";
import type { Gateway } from "../../edge/gateway.ts";
import { implement } from "../../edge/routes.ts";
import type { Wishes } from "../../edge/wishes.ts";
import { projectOf } from "../../policy/index.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Exposures } from "./exposures.ts";
import { showConnection } from "./service.ts";
import type { Streams } from "./streams.ts";

export interface ServiceRoutesDependencies {
  readonly catalogue: Catalogue;
  readonly exposures: Exposures;
  readonly streams: Streams;
  readonly gateway: () => Gateway;
  readonly wishes: Pick<Wishes, "find">;
}

export const serviceRoutes = ({
  catalogue,
  exposures,
  streams,
  gateway,
  wishes,
}: ServiceRoutesDependencies) => [
  ...implement(rest.services, {
    list: ({ actor, scope, query }) => catalogue.list(actor, scope, query),
    create: ({ actor, scope, body }) => catalogue.create(actor, projectOf(scope), body),
    show: ({ actor, scope, params }) => catalogue.show(actor, scope, params.uuid),
    update: ({ actor, scope, params, body, ifMatch }) =>
      catalogue.update(actor, scope, params.uuid, body, ifMatch),
    remove: ({ actor, scope, params, ifMatch }) =>
      catalogue.remove(actor, scope, params.uuid, ifMatch),
  }),
  ...implement(rest.exposures, {
    all: ({ actor, scope, query }) => exposures.all(actor, scope, query),
    list: ({ actor, scope, params }) => exposures.list(actor, scope, params.uuid),
    expose: ({ actor, scope, params, body, signal }) =>
      exposures.expose(actor, scope, params.uuid, params.service, body, signal),
    withdraw: ({ actor, scope, params }) =>
      exposures.withdraw(actor, scope, params.uuid, params.service),
  }),
  ...implement(rest.connections, {
    async list({ scope, params }) {
      const { uuid } = await wishes.find(scope, params.uuid);
      return { items: gateway().connections(uuid).map(showConnection) };
    },
    async cut({ scope, params }) {
      const { uuid } = await wishes.find(scope, params.uuid);
      if (!gateway().cut(uuid, params.connection)) throw fail("connection.not-found");
      return undefined;
    },
  }),
  ...implement(rest.streams, {
    forward: ({ actor, scope, params, body, signal }) =>
      streams.forward(actor, scope, params.uuid, body, signal),
    shell: ({ actor, scope, params, signal }) => streams.shell(actor, scope, params.uuid, signal),
    files: ({ actor, scope, params, signal }) => streams.files(actor, scope, params.uuid, signal),
  }),
];

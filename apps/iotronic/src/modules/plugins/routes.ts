import { fail, rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import { projectOf } from "../../policy/index.ts";
import type { Calls } from "./calls.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Injections } from "./injections.ts";
import type { Uploads } from "./uploads.ts";

export interface PluginRoutesDependencies {
  readonly catalogue: Catalogue;
  readonly injections: Injections;
  readonly calls: Calls;
  readonly uploads: Uploads;
}

const isStream = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;

export const pluginRoutes = ({
  catalogue,
  injections,
  calls,
  uploads,
}: PluginRoutesDependencies) => [
  ...implement(rest.plugins, {
    list: ({ actor, scope, query }) => catalogue.list(actor, scope, query),
    create: ({ actor, scope, body }) => catalogue.create(actor, projectOf(scope), body),
    show: ({ actor, scope, params }) => catalogue.show(actor, scope, params.uuid),
    update: ({ actor, scope, params, body, ifMatch }) =>
      catalogue.update(actor, scope, params.uuid, body, ifMatch),
    remove: ({ actor, scope, params, ifMatch }) =>
      catalogue.remove(actor, scope, params.uuid, ifMatch),
    versions: ({ scope, params, query }) => catalogue.versions(scope, params.uuid, query),
    addVersion: ({ actor, scope, params, body, ifMatch }) =>
      catalogue.addVersion(actor, scope, params.uuid, body, ifMatch),
    version: ({ scope, params }) => catalogue.version(scope, params.uuid, params.version),
    removeVersion: ({ actor, scope, params }) =>
      catalogue.removeVersion(actor, scope, params.uuid, params.version),
    sign: ({ actor, scope, params, body }) =>
      catalogue.sign(actor, scope, params.uuid, params.version, body),
    content: ({ scope, params }) => catalogue.content(scope, params.uuid, params.version),
    boards: ({ actor, scope, params, query }) =>
      injections.boards(actor, scope, params.uuid, query),
  }),
  ...implement(rest.injections, {
    list: ({ actor, scope, params }) => injections.list(actor, scope, params.uuid),
    show: ({ actor, scope, params }) => injections.show(actor, scope, params.uuid, params.plugin),
    inject: ({ actor, scope, params, body }) =>
      injections.inject(actor, scope, params.uuid, params.plugin, body),
    remove: ({ actor, scope, params }) =>
      injections.remove(actor, scope, params.uuid, params.plugin),
    call: ({ actor, scope, params: { uuid: board, plugin }, body, waitMs, signal }) =>
      calls.call({ actor, scope, board, plugin, body, waitMs, signal }),
    start: ({ actor, scope, params: { uuid: board, plugin }, body, waitMs, signal }) =>
      calls.act("start", { actor, scope, board, plugin, body, waitMs, signal }),
    stop: ({ actor, scope, params: { uuid: board, plugin }, body, waitMs, signal }) =>
      calls.act("stop", { actor, scope, board, plugin, body, waitMs, signal }),
    restart: ({ actor, scope, params: { uuid: board, plugin }, body, waitMs, signal }) =>
      calls.act("restart", { actor, scope, board, plugin, body, waitMs, signal }),
    status: ({ scope, params, signal }) => calls.status(scope, params.uuid, params.plugin, signal),
    lines: ({ scope, params, query, signal }) =>
      calls.lines(scope, params.uuid, params.plugin, query.count, signal),
  }),
  ...implement(rest.blobs, {
    async put({ scope, params, stream }) {
      const body: unknown = stream();
      if (!isStream(body)) throw fail("request.unsupported-media");
      await uploads.put(projectOf(scope), params.sha256, body);
      return undefined;
    },
  }),
];

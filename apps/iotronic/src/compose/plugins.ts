// Plugins of projects, the keys that sign for them, and the bytes that boards fetch.
import { join } from "node:path";
import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import type { Wishes } from "../edge/wishes.ts";
import { sendRanged } from "../http/ranged.ts";
import type { Boards } from "../modules/boards/index.ts";
import type { Identity } from "../modules/identity/index.ts";
import { createKeys, isSignedBy, type Keys, keyRoutes } from "../modules/keys/index.ts";
import {
  blobMetrics,
  createCalls,
  createCatalogue,
  createClaims,
  createInjections,
  createPluginsEstate,
  createPluginTopics,
  createResign,
  createSweeper,
  createUploads,
  type PluginsDependencies,
  pluginRoutes,
  signedBy,
} from "../modules/plugins/index.ts";
import { within } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** The keys that sign for projects. */
export const composeKeys = (ground: Ground, boards: Boards): Keys =>
  ground.parts.add(
    createKeys({
      ...ground,
      folder: join(ground.folder, "keys"),
      resign: createResign(isSignedBy),
      signedBy,
      countTold: boards.countTold,
      retarget: (tx, project) => boards.retargetAll(tx, within(project)),
    }),
  );

/** Plugins, their boards, their calls. */
export const composePlugins = (ground: Ground, wishes: Wishes, keys: Keys) => {
  const { parts, metrics, blobs } = ground;
  const deps: PluginsDependencies = {
    ...ground,
    presentKey: keys.present,
    holdKey: keys.hold,
    maxNamedBytes: ground.config["plugins.project-bytes"],
    sign: keys.sign,
    isSignedBy,
    wishes,
  };
  const claims = createClaims();
  const sweeper = createSweeper(deps, claims);
  const catalogue = createCatalogue(deps, claims, sweeper.soon);
  const uploads = createUploads(deps, claims, sweeper.soon);
  const injections = parts.add(createInjections(deps));
  const topics = parts.add(createPluginTopics(deps, injections));
  parts.add(sweeper);
  blobMetrics(metrics, blobs);
  const routes = pluginRoutes({ catalogue, injections, calls: createCalls(deps), uploads });
  const reports = { applyState: injections.applyState, publishLines: topics.publish };
  const onReady = (board: BoardId): void => topics.renew(board);
  const estate = createPluginsEstate(sweeper.soon);
  return {
    reports,
    onReady,
    claims,
    estate,
    offer: { routes, topics: topics.topics } satisfies Offer,
  };
};

/** What is offered of keys and bytes once everybody is there who is asked about them. */
export const offerOfKeys = ({ link, blobs }: Ground, keys: Keys, identity: Identity): Offer => ({
  routes: keyRoutes(keys, async (actor, idOrName) => {
    const { uuid, name } = await identity.projects.show(actor, idOrName);
    return { uuid: uuid as ProjectId, name };
  }),
  plainRoutes: [
    {
      method: "GET",
      path: "/blobs/:sha256",
      async handle(request, reply) {
        const { authorization = "" } = request.headers;
        const ticket = /^Bearer ([\w-]+)$/.exec(authorization)?.[1];
        if (ticket === undefined) throw fail("auth.required");
        const { sha256 } = request.params as { readonly sha256: string };
        // A ticket is for one blob: of all others its holder learns nothing.
        if (link().asked.blobOf(ticket) !== sha256) throw fail("blob.not-found");
        const blob = await blobs.find(sha256);
        if (!blob) throw fail("blob.not-found");
        const read = (range?: { from: number; to: number }) => blobs.read(sha256, range);
        return sendRanged(request, reply, { name: sha256, size: blob.bytes, read });
      },
    },
  ],
});

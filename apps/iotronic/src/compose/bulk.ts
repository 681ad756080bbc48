// Bulk operations: each board by the endpoint for one board, in process.
import { bulkActions, type Endpoint } from "@s4t/contract";
import type { PerformOne } from "../edge/bulk.ts";
import { createPick } from "../modules/boards/index.ts";
import { bulkRoutes, createBulk } from "../modules/bulk/index.ts";
import { knownFleets } from "../modules/fleets/index.ts";
import type { Identity } from "../modules/identity/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** Longest that one board's command is waited for: its own deadline ends before. */
const LONGEST_COMMAND_MS = 86_400_000;

export const composeBulk = (ground: Ground, { tokens }: Identity) => {
  const performOne = (): PerformOne => {
    const invoke = ground.invoke();
    return {
      check({ action, params, body }) {
        invoke.check(bulkActions[action].endpoint, { params: { uuid: "any", ...params }, body });
      },
      perform: (actor, { action, project, params, body }, uuid, signal) =>
        invoke(bulkActions[action].endpoint as Endpoint, {
          ...{ actor, project, signal, secure: true, waitMs: LONGEST_COMMAND_MS },
          params: { ...params, uuid } as never,
          body: body as never,
        }),
    };
  };
  const bulk = ground.parts.add(
    createBulk({
      ...ground,
      performOne,
      pickBoards: createPick({ ...ground, fleets: knownFleets }),
      actorNow: tokens.again,
    }),
  );
  return { bulk, offer: { routes: bulkRoutes(bulk) } satisfies Offer };
};

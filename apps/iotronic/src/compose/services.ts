// Services of boards and the gateway that leads to them.

import type { KnownBoard } from "../edge/link.ts";
import type { Wishes } from "../edge/wishes.ts";
import { createGateway } from "../gateway/gateway.ts";
import type { Identity } from "../modules/identity/index.ts";
import type { Keys } from "../modules/keys/index.ts";
import {
  connectionTopics,
  createCatalogue,
  createExposures,
  createRecords,
  createStreams,
  type ServicesDependencies,
  serviceRoutes,
} from "../modules/services/index.ts";
import { type Actor, within } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

export const composeServices = (
  ground: Ground,
  wishes: Wishes,
  identity: Identity,
  keys: Keys,
): { readonly offer: Offer } => {
  const { config, clock, log, parts, metrics, link, gateway } = ground;
  const deps: ServicesDependencies = {
    ...ground,
    random: Math.random,
    wishes,
  };
  const isSealed = async ({ project }: KnownBoard): Promise<boolean> =>
    (await ground.database.read(within(project), (reader) => keys.present(reader, project)))
      ?.sealed === true;
  const catalogue = createCatalogue(deps);
  const exposures = parts.add(createExposures(deps));
  const streams = parts.add(createStreams({ ...deps, isSealed }));
  const { record } = parts.add(createRecords(deps));
  const { listDoors } = exposures;
  const { renewForward, endForward } = streams;
  const running = parts.add(
    createGateway(
      {
        address: config["gateway.address"],
        ports: [config["gateway.first-port"], config["gateway.last-port"]],
      },
      {
        ...{ link, metrics, clock, log, others: ground.others },
        host: () => ({ listDoors, renewForward, endForward, record }),
        actorNow: (actor: Actor) => identity.tokens.again(actor),
      },
    ),
  );
  gateway.is(running);
  return {
    offer: {
      routes: serviceRoutes({
        ...{ catalogue, exposures, streams, gateway },
        wishes,
      }),
      topics: connectionTopics({ gateway, wishes, clock }),
      upgrades: {
        "/tunnel": (request, socket, head) => running.handleUpgrade(request, socket, head),
      },
    },
  };
};

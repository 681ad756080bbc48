import { join } from "node:path";
import type { Estate } from "../edge/estate.ts";
import { federationRoutes } from "../http/federation.ts";
import { identityElsewhere } from "../http/identity-v3/elsewhere.ts";
import { identityV3 } from "../http/identity-v3/mount.ts";
import { createReached } from "../http/reached.ts";
import { type Boards, boardsEstate } from "../modules/boards/index.ts";
import { delegationsEstate, standingDelegations } from "../modules/delegations/index.ts";
import { fleetsEstate } from "../modules/fleets/index.ts";
import {
  createIdentity,
  createRecords,
  type Identity,
  identityRoutes,
  sessionCookie,
} from "../modules/identity/index.ts";
import type { Keys } from "../modules/keys/index.ts";
import { servicesEstate } from "../modules/services/index.ts";
import { type Action, maySomewhere, policyTable } from "../policy/index.ts";
import type { MailDriver } from "../ports/mail.ts";
import { openProviders } from "./federation.ts";
import type { Ground } from "./ground.ts";
import { addressOf } from "./lan.ts";
import type { Offer } from "./offer.ts";
import { openPeople } from "./people.ts";

const allActions = Object.keys(policyTable) as Action[];

const keepsNothing = async (): Promise<number> => 0;

/** Users, projects, sessions, credentials. */
export const composeIdentity = async (
  ground: Ground,
  boards: Boards,
  keys: Keys,
  plugins: Estate,
  mail: MailDriver | undefined,
): Promise<{ readonly identity: Identity; readonly offer: Offer }> => {
  const records = createRecords(ground);
  const { people, parts } = await openPeople(ground, () => records);
  for (const part of parts) ground.parts.add(part);
  const { config, wayIn, clock, log } = ground;
  const address = addressOf(config.address);
  const providers = await openProviders(config);
  const identity = createIdentity({
    ...{ ...ground, providers },
    ...{ people, mail },
    origin: () => address ?? wayIn.url(),
    countBoards: boards.countIn,
    estates: {
      boards: boardsEstate,
      delegations: delegationsEstate,
      fleets: fleetsEstate,
      plugins,
      services: servicesEstate,
      keys: { count: keepsNothing, remove: keys.forget },
      operations: {
        count: keepsNothing,
        remove: async (tx, project) => ground.retention.forget(tx, project),
      },
      bulks: {
        count: keepsNothing,
        remove: async (tx, project) => ground.bulkRetention.forget(tx, project),
      },
    },
    name: config.name,
    keyFile: join(ground.folder, "identity.key"),
    tokenLifeS: config["identity.token-life"],
    delegationsOf: (reader, subject) => standingDelegations(reader, subject, ground.clock.now()),
    actionsOf: (actor) => allActions.filter((action) => maySomewhere(actor, action)),
  });
  ground.parts.add(identity.tokens);
  ground.parts.add(identity.recovery);
  const foreign =
    people.managedAt === null
      ? identityV3({
          identity,
          reached: createReached(address, wayIn.url),
          region: config["identity.region"],
          ...{ clock, log },
        })
      : identityElsewhere(people.managedAt, log);
  const { federation } = identity;
  const reached = createReached(address, wayIn.url);
  return {
    identity,
    offer: {
      routes: identityRoutes(identity),
      foreign: [foreign],
      plainRoutes: federationRoutes({ federation, reached, log, sessionCookie }),
    },
  };
};

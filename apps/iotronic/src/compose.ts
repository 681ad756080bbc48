// The parts list of the cloud, top to bottom. Each noun is put together in a file of its own in `compose/` and offers the edges
// its routes and topics; here one reads what there is, and in which order it starts.
import { join } from "node:path";
import type { Clock, Log } from "@s4t/kit";
import { authoritiesOf, authorityRoutes } from "./compose/authority.ts";
import { composeBoards } from "./compose/boards.ts";
import { composeBulk } from "./compose/bulk.ts";
import { cloudRoutes } from "./compose/cloud-routes.ts";
import { composeDelegations } from "./compose/delegations.ts";
import { composeFleets } from "./compose/fleets.ts";
import { openGround } from "./compose/ground.ts";
import { composeIdentity } from "./compose/identity.ts";
import { composeLegacy, type Legacy } from "./compose/legacy.ts";
import { composeLink } from "./compose/link.ts";
import { openMail } from "./compose/mail.ts";
import type { Offer } from "./compose/offer.ts";
import { agentBundle, terminalModule } from "./compose/place.ts";
import { composeKeys, composePlugins, offerOfKeys } from "./compose/plugins.ts";
import { composeEvents, composeServer } from "./compose/server.ts";
import { composeServices } from "./compose/services.ts";
import { composeTelemetry } from "./compose/telemetry.ts";
import type { Configuration } from "./config.ts";
import type { Events } from "./http/events.ts";
import { installRoutes } from "./http/install.ts";
import type { HttpServer } from "./http/server.ts";
import type { ContractWindow } from "./link/join.ts";
import type { RunningLink } from "./link/link.ts";
import { auditRoutes, auditTopics } from "./modules/audit/index.ts";
import { createBackups } from "./modules/backup/index.ts";
import type { Boards } from "./modules/boards/index.ts";
import type { Identity } from "./modules/identity/index.ts";
import { operationRoutes, operationTopics } from "./modules/operations/index.ts";

export interface CloudDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Restarts the cloud within its process: a restore waits in the data folder. */
  readonly restart: () => void;
  /** Contracts that boards may speak; those of this version unless said. */
  readonly contracts?: ContractWindow;
}

/** A cloud. `start` resolves when it serves. */
export interface Cloud {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly identity: Identity;
  readonly boards: Boards;
  readonly http: HttpServer;
  readonly link: RunningLink;
  /** The door for boards with the original agent; undefined where it is shut. */
  readonly legacy: Legacy | undefined;
  /** Address for other machines; null where the cloud keeps to loopback. */
  lanUrl(): string | null;
}

/** Makes a cloud over a data folder that is already held. */
export const composeCloud = async (
  configuration: Configuration,
  folder: string,
  deps: CloudDependencies,
): Promise<Cloud> => {
  const ground = await openGround(configuration, folder, deps);
  const { config, clock, parts, audit, changes, operations, lan, wayIn } = ground;
  const { boards, wishes, findBoard, offer: ofBoards } = composeBoards(ground);
  const { telemetry, offer: ofTelemetry } = composeTelemetry(ground, findBoard);
  const keys = composeKeys(ground, boards);
  const { offer: ofPlugins, ...plugins } = composePlugins(ground, wishes, keys);
  const { link, offer: ofLink } = composeLink(ground, { telemetry, plugins, keys }, deps.contracts);
  const mail = await openMail(config, folder);
  if (mail) parts.add(mail);
  const { identity, offer: ofIdentity } = await composeIdentity(
    ...([ground, boards, keys, plugins.estate, mail] as const),
  );
  const { offer: ofBulk } = composeBulk(ground, identity);
  const { offer: ofServices } = composeServices(ground, wishes, identity, keys);
  const backups = parts.add(
    createBackups({ ...ground, blobsStill: plugins.claims.still, restart: deps.restart }),
  );

  let events: Events | undefined;
  const offers: readonly Offer[] = [
    ofIdentity,
    ofBoards,
    composeFleets(ground, boards),
    ofBulk,
    composeDelegations(ground, wishes, identity),
    ofTelemetry,
    ofLink,
    ofServices,
    ofPlugins,
    offerOfKeys(ground, keys, identity),
    { routes: operationRoutes(operations), topics: operationTopics(operations, changes) },
    { routes: auditRoutes(audit), topics: auditTopics(audit) },
    { routes: authorityRoutes({ ...ground, retargetAll: boards.retargetAll }) },
    {
      routes: cloudRoutes({
        name: config.name,
        clock,
        explain: ground.explain,
        events: () => events as Events,
        backups,
      }),
      upgrades: { "/events": (request, socket, head) => events?.upgrade(request, socket, head) },
    },
    {
      plainRoutes: installRoutes({
        agentFile: agentBundle,
        nativeFile: terminalModule,
        runtimeFile: process.execPath,
        arch: process.arch,
        folder: join(folder, "install"),
        url: wayIn.url,
        pin: () => lan?.pin() ?? null,
        authorities: () => authoritiesOf(lan),
      }),
    },
  ];
  events = composeEvents(ground, identity, offers);
  const server = composeServer(ground, identity, offers, (credentials) =>
    legacy?.renew(credentials),
  );
  const legacy = composeLegacy(ground, { link, keys, telemetry });
  ground.serves(server);
  return {
    start: () => parts.start(),
    stop: () => parts.stop(),
    identity,
    boards,
    http: server,
    link,
    legacy,
    lanUrl: () => (lan ? wayIn.url() : null),
  };
};

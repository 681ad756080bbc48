// The parts list of the cloud, top to bottom: stores, modules, link, edges. The only place where parts meet.
import { join } from "node:path";
import type { BoardId, ProjectId } from "@s4t/contract";
import { type Clock, createParts, type Log, type Part } from "@s4t/kit";
import { Registry } from "prom-client";
import { authoritiesOf, authorityRoutes, trustPart } from "./compose/authority.ts";
import { cloudRoutes } from "./compose/cloud-routes.ts";
import { openLan } from "./compose/lan.ts";
import { agentBundle, portalFolder } from "./compose/place.ts";
import { createStores } from "./compose/stores.ts";
import { createWayIn } from "./compose/way-in.ts";
import type { Configuration } from "./config.ts";
import { createAuthenticate } from "./http/authenticate.ts";
import { createEvents, type Events } from "./http/events.ts";
import { installRoutes } from "./http/install.ts";
import { createHttpServer, type HttpServer } from "./http/server.ts";
import { createLink, type RunningLink } from "./link/link.ts";
import {
  auditRoutes,
  auditTopics,
  createAudit,
  openHeadKey,
  openWitness,
} from "./modules/audit/index.ts";
import { createBackups } from "./modules/backup/index.ts";
import {
  type Boards,
  boardRoutes,
  boardTopics,
  createBoards,
  createCommands,
  createLinkHost,
  createReports,
  createTimeline,
} from "./modules/boards/index.ts";
import { createChanges } from "./modules/changes/index.ts";
import {
  createIdentity,
  type Identity,
  identityRoutes,
  SESSION_COOKIE,
} from "./modules/identity/index.ts";
import { createOperations, operationRoutes, operationTopics } from "./modules/operations/index.ts";
import { createTelemetry, telemetryRoutes } from "./modules/telemetry/index.ts";
import { type Action, type Actor, maySomewhere, policyTable, type Scope } from "./policy/index.ts";

export interface CloudDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Restarts the cloud within its process: a restore waits in the data folder. */
  readonly restart: () => void;
}

/** A cloud. `start` resolves when it serves. */
export interface Cloud {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly identity: Identity;
  readonly boards: Boards;
  readonly http: HttpServer;
  readonly link: RunningLink;
  /** Address for other machines; null where the cloud keeps to loopback. */
  lanUrl(): string | null;
}

const allActions = Object.keys(policyTable) as Action[];

/** Makes a cloud over a data folder that is already held. */
export const composeCloud = async (
  { config, explain }: Configuration,
  folder: string,
  deps: CloudDependencies,
): Promise<Cloud> => {
  const { clock, log } = deps;
  const parts = createParts(log);
  const { database, observations } = await createStores(config, folder, clock, log);
  parts.add(database);
  parts.add({ name: "migrations", start: () => database.migrate() });
  parts.add(observations);

  const witness = openWitness(config["audit.witness"] ?? join(folder, "witness.jsonl"));
  const audit = parts.add(createAudit({ database, clock, log, key: openHeadKey(folder), witness }));
  const changes = parts.add(createChanges({ database, clock }));
  const operations = parts.add(createOperations({ database, clock, log, changes }));

  // Link and boards need each other: each gets the other as a question that is asked later.
  let link: RunningLink | undefined;
  let server: HttpServer | undefined;
  const theLink = (): RunningLink => link as RunningLink;
  const lan = await openLan(config, folder, clock, log);
  const { url, address, commandsFor } = createWayIn(lan, () => server?.port() ?? config.port);
  const boards = parts.add(
    createBoards({
      database,
      clock,
      log,
      audit,
      changes,
      operations,
      link: theLink,
      address,
      commandsFor,
    }),
  );
  const findBoard = async (scope: Scope, idOrName: string) => {
    const row = await boards.row(scope, idOrName);
    return { uuid: row.uuid as BoardId, project: row.project_id as ProjectId };
  };
  const telemetry = parts.add(
    createTelemetry({ observations, clock, log, link: theLink, findBoard }),
  );
  const reports = createReports({
    database,
    clock,
    log,
    audit,
    changes,
    operations,
    measurements: telemetry.measurements,
  });
  const host = createLinkHost(
    {
      database,
      clock,
      log,
      audit,
      changes,
      link: theLink,
      address,
      commandsFor,
      operations,
      reports,
      targetParts: lan ? [() => trustPart(lan.certificates.trust())] : [],
    },
    log,
  );
  link = parts.add(createLink({ host, clock, log }));
  const commands = createCommands({
    boards,
    operations,
    link: theLink,
    database,
    clock,
    audit,
    changes,
  });
  const timeline = createTimeline({ boards, database, changesOf: changes.of });

  const identity = createIdentity({
    database,
    clock,
    log,
    audit,
    changes,
    countBoards: (project) => boards.countIn(project),
    actionsOf: (actor) => allActions.filter((action) => maySomewhere(actor, action)),
  });
  parts.add(identity.tokens);
  const backups = parts.add(
    createBackups({ folder, database, observations, audit, restart: deps.restart }),
  );

  let events: Events | undefined;
  const resolveProject = identity.projects.resolve;
  const findActor = (token: string) => identity.tokens.find(token);
  events = createEvents({
    clock,
    log,
    findActor,
    cookieName: SESSION_COOKIE,
    resolveProject,
    lastSeq: changes.lastSeq,
    sources: [
      ...boardTopics({ boards, subscribe: changes.subscribe, since: changes.since }),
      ...operationTopics(operations, changes),
      ...auditTopics(audit),
      ...telemetry.topics,
    ],
  });
  parts.add({ name: "events", stop: () => events?.close() } satisfies Part);

  let ready = false;
  const metrics = new Registry();
  const onDenied = (actor: Actor, action: string): void => {
    if (actor.uuid === "anonymous") return;
    audit
      .record({ actor, action, status: "denied", project: actor.defaultProject })
      .catch((error: unknown) => log.warn("A denial could not be audited", { error }));
  };
  server = parts.add(
    createHttpServer(
      { port: config.port, tls: lan ?? null, portalFolder, name: config.name },
      {
        clock,
        log,
        metrics,
        authenticate: createAuthenticate(findActor, SESSION_COOKIE),
        resolveProject,
        onDenied,
        isReady: () => ready,
        mayReadMetrics: (request) =>
          ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(request.socket.remoteAddress ?? ""),
        routes: [
          ...identityRoutes(identity),
          ...boardRoutes(boards, commands, timeline),
          ...operationRoutes(operations),
          ...telemetryRoutes(telemetry),
          ...auditRoutes(audit),
          ...authorityRoutes({ lan, database, audit, retargetAll: boards.retargetAll }),
          ...cloudRoutes({
            name: config.name,
            clock,
            explain,
            events: () => events as Events,
            backups,
          }),
        ],
        plainRoutes: [
          ...installRoutes({
            agentFile: agentBundle,
            runtimeFile: process.execPath,
            arch: process.arch,
            folder: join(folder, "install"),
            url,
            pin: () => lan?.pin() ?? null,
            authorities: () => authoritiesOf(lan),
          }),
          {
            method: "POST",
            path: "/link/backlog",
            handle: (request) => {
              const ticket =
                /^Bearer ([\w-]+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
              return theLink().appendBacklog(ticket, JSON.parse(String(request.body ?? "null")));
            },
          },
        ],
        upgrades: {
          "/link": (request, socket, head) => theLink().handleUpgrade(request, socket, head),
          "/events": (request, socket, head) => events?.upgrade(request, socket, head),
        },
      },
    ),
  );
  if (lan) parts.add(lan.keepGood(server.renew));
  parts.add({
    name: "readiness",
    start: () => {
      ready = true;
    },
    stop: () => {
      ready = false;
    },
  });
  return {
    start: () => parts.start(),
    stop: () => parts.stop(),
    identity,
    boards,
    http: server,
    link,
    lanUrl: () => (lan ? url() : null),
  };
};

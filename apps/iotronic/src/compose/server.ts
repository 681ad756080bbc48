// The edges, out of what the nouns offer: the event socket and the HTTP server.
import type { Part } from "@s4t/kit";
import type { AuditLog } from "../edge/facts.ts";
import { type ApiDependencies, createInvoke } from "../http/api.ts";
import { createAuthenticate } from "../http/authenticate.ts";
import { createEvents, type Events } from "../http/events.ts";
import { withoutIotPrefix } from "../http/identity-v3/catalogue.ts";
import { originsOf } from "../http/iotronic-v1/cors.ts";
import { createIotronicV1 } from "../http/iotronic-v1/iotronic-v1.ts";
import { isOverLoopback } from "../http/listeners.ts";
import { eventMetrics } from "../http/metrics.ts";
import { createReached } from "../http/reached.ts";
import { createHttpServer, type HttpServer, type TlsCredentials } from "../http/server.ts";
import { type Identity, SESSION_COOKIE } from "../modules/identity/index.ts";
import { createRepeats } from "../modules/repeats/index.ts";
import type { Actor } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import { addressOf } from "./lan.ts";
import { originalsUrl } from "./legacy.ts";
import type { Offer } from "./offer.ts";
import { portalFolder } from "./place.ts";

const findActorOf = (identity: Identity) => (token: string) => identity.tokens.find(token);

/** Every use of a delegation is on record before it happens. */
const onDelegatedOf =
  (audit: AuditLog) =>
  (actor: Actor, action: string): Promise<void> =>
    audit.record({
      ...{ actor, action: "delegation.use", facts: { does: action } },
      project: actor.by?.project ?? null,
      resource: actor.by ? { noun: "board", uuid: actor.by.board, name: null } : null,
    });

/** The event socket. */
export const composeEvents = (
  { clock, log, parts, changes, metrics, audit }: Ground,
  identity: Identity,
  offers: readonly Offer[],
): Events => {
  const events = createEvents({
    clock,
    log,
    findActor: findActorOf(identity),
    onDelegated: onDelegatedOf(audit),
    cookieName: SESSION_COOKIE,
    resolveProject: identity.projects.resolve,
    lastSeq: changes.lastSeq,
    sources: offers.flatMap(({ topics = [] }) => topics),
  });
  eventMetrics(metrics, events.counts);
  parts.add({ name: "events", stop: () => events.close() } satisfies Part);
  return events;
};

/** The HTTP server; ready once every part has started. */
export const composeServer = (
  ground: Ground,
  identity: Identity,
  offers: readonly Offer[],
  alsoRenew: (credentials: TlsCredentials) => void,
): HttpServer => {
  const { config, clock, log, parts, audit, lan, metrics, tracing } = ground;
  let ready = false;
  const onDenied = (actor: Actor, action: string): void => {
    if (actor.uuid === "anonymous") return;
    // Beside the work that was refused, not as a part of it.
    void ground.company.apart(() =>
      audit
        .record({ actor, action, status: "denied", project: actor.defaultProject })
        .catch((error: unknown) => log.warn("A denial could not be audited", { error })),
    );
  };
  const repeats = parts.add(createRepeats(ground));
  const routes = offers.flatMap(({ routes: each = [] }) => each);
  const api: ApiDependencies = {
    ...{ clock, log, tracing, onDenied, repeats },
    tried: ground.company.tried,
    onDelegated: onDelegatedOf(audit),
    authenticate: createAuthenticate(findActorOf(identity), SESSION_COOKIE),
    resolveProject: identity.projects.resolve,
  };
  const invoke = createInvoke(routes, api);
  ground.invoke.is(invoke);
  const iotronicV1 = createIotronicV1({
    ...api,
    invoke,
    subscribe: ground.changes.subscribe,
    reached: createReached(addressOf(config.address), ground.wayIn.url),
    originals: () => originalsUrl(ground),
    managedAt: identity.managedAt,
    origins: originsOf(config["iotronic.origins"]),
  });
  const server = parts.add(
    createHttpServer(
      { port: config.port, tls: lan ?? null, portalFolder, name: config.name },
      {
        ...api,
        metrics,
        foreign: [iotronicV1, ...offers.flatMap(({ foreign = [] }) => foreign)],
        isReady: () => ready,
        around: () => ({ identity: identity.isReachable() ? "reachable" : "away" }),
        mayReadMetrics: (request) => isOverLoopback(request.socket),
        routes,
        plainRoutes: offers.flatMap(({ plainRoutes = [] }) => plainRoutes),
        rewrite: withoutIotPrefix,
        upgrades: Object.assign({}, ...offers.map(({ upgrades = {} }) => upgrades)),
      },
    ),
  );
  if (lan)
    parts.add(
      lan.keepGood((credentials) => {
        server.renew(credentials);
        alsoRenew(credentials);
      }),
    );
  parts.add({
    name: "readiness",
    start: () => {
      ready = true;
    },
    stop: () => {
      ready = false;
    },
  });
  return server;
};

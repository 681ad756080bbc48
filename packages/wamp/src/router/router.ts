// The router's front door: peers are attached, say HELLO, prove who they are and join a realm.
import { type Clock, type Log, silentLog } from "@s4t/kit";
import type { Authenticator, ConnectionFacts, Principal } from "../auth/authenticator.ts";
import { wampErrors } from "../error.ts";
import { drawId } from "../ids.ts";
import type { Dict } from "../messages/message.ts";
import type { Peer } from "../peer.ts";
import type { UriCheck } from "../uri.ts";
import { type AttachedDependencies, AttachedSession, RoutedMember } from "./attached-session.ts";
import type { Action, Authorizer } from "./authorizer.ts";
import type { HistoryRule } from "./event-history.ts";
import { Realm, type RealmCounts } from "./realm.ts";
import type { SessionInfo, SessionLimits } from "./session-info.ts";
import type { TrustPolicy } from "./trust-levels.ts";

/** A realm: its name, who may join, who may do what, and who hears of it. */
export interface RealmOptions {
  readonly name: string;
  /** In order of preference; the client's `authmethods` chooses among them. */
  readonly authenticators: readonly Authenticator[];
  readonly authorize: Authorizer;
  /**
   * Hears of a request for what the protocol keeps for itself (`wamp.`), or by a pattern that would reach it: refused with
   * `wamp.error.invalid_uri` before `authorize` would be asked. Within the turn; must not throw.
   */
  readonly onReserved?: (session: SessionInfo, action: Action, uri: string) => void;
  /** Default `strict`. */
  readonly uriCheck?: UriCheck;
  readonly limits?: Partial<SessionLimits>;
  /**
   * Whether the realm tells about itself: the procedures and events `wamp.session.*`, `wamp.registration.*` and
   * `wamp.subscription.*`, each still asked of `authorize`. Default false.
   */
  readonly metaApi?: boolean;
  /** For how many topics the last event is kept whose publisher wants that (`retain`). Default 0: none is. */
  readonly retainedEvents?: number;
  /**
   * Which events of the past are kept, for `wamp.subscription.get_events`, which `authorize` is asked about, and then about following
   * the pattern. Default: none.
   */
  readonly eventHistory?: readonly HistoryRule[];
  /** How far calls and events are trusted, as callees and followers are told; `trustByRules` makes one. Default: nothing is told. */
  readonly trust?: TrustPolicy;
  /**
   * Within the turn, after WELCOME is sent. `authextra`: what the client said of itself in HELLO, unproven; it may be as large as a
   * message, and no session keeps it. Must not throw.
   */
  readonly onJoin?: (session: SessionInfo, authextra: Dict) => void;
  /** Within the turn, after REGISTERED is sent: who offers the procedure (or pattern) can be called. Must not throw. */
  readonly onRegister?: (session: SessionInfo, procedure: string) => void;
  /**
   * Within the turn, after everything the session held is gone. `reason`: the URI of its GOODBYE, of either end, or
   * `wamp.error.network_failure` for a connection that was lost; then `because` says how, in words. Must not throw.
   */
  readonly onLeave?: (session: SessionInfo, reason: string, because?: string) => void;
}

/** What a router is made of. */
export interface RouterOptions {
  readonly realms: readonly RealmOptions[];
}

/** What a router leans on. */
export interface RouterDependencies {
  readonly clock: Clock;
  /** In [0, 1), for session ids: from a source that strangers cannot guess. */
  readonly random: () => number;
  readonly log?: Log;
}

/** How a peer is attached. */
export interface AttachOptions {
  readonly connection?: ConnectionFacts;
  /** Joins without proof as this: for peers inside the process only. */
  readonly trustedAs?: Principal;
  readonly limits?: Partial<SessionLimits>;
}

/** What a router counts. All numbers only grow, but for `sessions`. */
export interface RouterCounts {
  readonly sessions: number;
  readonly joined: number;
  readonly refused: number;
  readonly unknownMessages: number;
  readonly protocolViolations: number;
}

/** A running router. */
export interface Router {
  /** Gives a peer a session: from now on it is heard, and dropped when it does not join in time. */
  attach(peer: Peer, options?: AttachOptions): void;
  findSession(realm: string, id: number): SessionInfo | undefined;
  listSessions(realm: string): readonly SessionInfo[];
  /** Ends one session with GOODBYE, at once; false when it is not there. */
  endSession(realm: string, id: number, reason: string, message?: string): boolean;
  counts(): RouterCounts;
  /** What a realm holds: calls, registrations, subscriptions. */
  realmCounts(realm: string): RealmCounts | undefined;
  /** Says GOODBYE to everybody (`wamp.close.system_shutdown`) and takes nobody new. */
  close(): void;
}

const nobodyHears = (): void => {};

interface OpenRealm {
  readonly options: RealmOptions;
  readonly realm: Realm;
}

/** Makes a {@link Router}. */
export const createRouter = (options: RouterOptions, deps: RouterDependencies): Router => {
  const log = deps.log ?? silentLog;
  const realms = new Map<string, OpenRealm>();
  for (const realmOptions of options.realms) {
    const realm = new Realm({
      clock: deps.clock,
      drawId: () => drawId(deps.random),
      authorize: realmOptions.authorize,
      random: deps.random,
      onReserved: realmOptions.onReserved ?? nobodyHears,
      onRegister: realmOptions.onRegister ?? nobodyHears,
      uriCheck: realmOptions.uriCheck ?? "strict",
      metaApi: realmOptions.metaApi ?? false,
      retainedEvents: realmOptions.retainedEvents ?? 0,
      eventHistory: realmOptions.eventHistory ?? [],
      trust: realmOptions.trust,
    });
    realms.set(realmOptions.name, { options: realmOptions, realm });
  }
  const tally = { joined: 0, refused: 0, unknownMessages: 0, protocolViolations: 0 };
  const attached = new Set<AttachedSession>();
  let open = true;
  // One for all: ten thousand sessions would keep ten thousand of them.
  const shared: AttachedDependencies = {
    clock: deps.clock,
    log,
    tally,
    findRealm: (name) => realms.get(name),
    drawId: () => drawId(deps.random),
    onDone: (session) => attached.delete(session),
  };
  const listMembers = (name: string) => realms.get(name)?.realm.list() ?? [];
  const listOpen = () => [...realms.values()];
  return {
    attach(peer, attachOptions = {}) {
      const session = new AttachedSession(peer, attachOptions, shared);
      attached.add(session);
      session.start();
      if (!open) session.end(wampErrors.systemShutdown, "The router is closing.");
    },
    findSession: (name, id) => realms.get(name)?.realm.find(id)?.info,
    listSessions: (name) => listMembers(name).map((member) => member.info),
    endSession(name, id, reason, message = "The session was ended.") {
      const member = realms.get(name)?.realm.find(id);
      if (!(member instanceof RoutedMember)) return false;
      member.end(reason, message);
      return true;
    },
    counts: () => ({
      sessions: listOpen().reduce((sum, { realm }) => sum + realm.counts().sessions, 0),
      ...tally,
    }),
    realmCounts: (name) => realms.get(name)?.realm.counts(),
    close() {
      open = false;
      for (const session of [...attached])
        session.end(wampErrors.systemShutdown, "The router is closing.");
      for (const { realm } of realms.values()) realm.close();
    },
  };
};

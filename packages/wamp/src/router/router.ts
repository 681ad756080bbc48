// The router's front door: peers are attached, say HELLO, prove who they are and join a realm.
import { Bug, type Clock, type Log } from "@s4t/kit";
import type { Authenticator, ConnectionFacts, Principal } from "../auth/authenticator.ts";
import type { Peer } from "../peer.ts";
import type { UriCheck } from "../uri.ts";
import type { Authorizer } from "./authorizer.ts";
import type { SessionInfo, SessionLimits } from "./session-info.ts";

/** A realm: its name, who may join, who may do what, and who hears of it. */
export interface RealmOptions {
  readonly name: string;
  /** In order of preference; the client's `authmethods` chooses among them. */
  readonly authenticators: readonly Authenticator[];
  readonly authorize: Authorizer;
  /** Default `strict`. */
  readonly uriCheck?: UriCheck;
  readonly limits?: Partial<SessionLimits>;
  /** Within the turn, after WELCOME is sent. Must not throw. */
  readonly onJoin?: (session: SessionInfo) => void;
  /** Within the turn, after everything the session held is gone. Must not throw. */
  readonly onLeave?: (session: SessionInfo, reason: string) => void;
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
  /** Says GOODBYE to everybody (`wamp.close.system_shutdown`) and takes nobody new. */
  close(): void;
}

/** Makes a {@link Router}. */
export const createRouter = (_options: RouterOptions, _deps: RouterDependencies): Router => {
  throw new Bug("being filled in");
};

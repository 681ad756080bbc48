// The shell around the router's end of a session: hears a peer, steps the acceptor, performs its effects in order. It decides
// nothing; the only thing asynchronous is the authenticator, whose verdict comes back as an input.
import type { Clock, Log, Timer } from "@s4t/kit";
import type { ConnectionFacts, JoinRequest, Principal, Verdict } from "../auth/authenticator.ts";
import type { WampError } from "../error.ts";
import { MAX_ID } from "../ids.ts";
import type { Message, MessageKind } from "../messages/message.ts";
import type { Peer, PeerListener } from "../peer.ts";
import {
  type AcceptorEffect,
  type AcceptorInput,
  type AcceptorState,
  openAcceptor,
  stepAcceptor,
} from "../session/acceptor.ts";
import type { TransportEnd } from "../transport.ts";
import { routerRoles } from "./features.ts";
import type { Member } from "./member.ts";
import type { Realm } from "./realm.ts";
import type { RealmOptions } from "./router.ts";
import { defaultSessionLimits, type SessionInfo, type SessionLimits } from "./session-info.ts";

/** What the session was attached with. */
export interface AttachedAs {
  readonly connection?: ConnectionFacts;
  readonly trustedAs?: Principal;
  readonly limits?: Partial<SessionLimits>;
}

/** What an {@link AttachedSession} leans on. */
export interface AttachedDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly tally: {
    joined: number;
    refused: number;
    unknownMessages: number;
    protocolViolations: number;
  };
  findRealm(name: string): { readonly options: RealmOptions; readonly realm: Realm } | undefined;
  drawId(): number;
  /** The session is over. */
  onDone(session: AttachedSession): void;
}

type Effect<K extends AcceptorEffect["kind"]> = Extract<AcceptorEffect, { kind: K }>;

/** Messages that the session itself steps on. */
const aboutSession: ReadonlySet<MessageKind> = new Set<MessageKind>([
  "hello",
  "welcome",
  "abort",
  "challenge",
  "authenticate",
  "goodbye",
]);

const noLimits: Partial<SessionLimits> = {};
const limitsKnown = new WeakMap<RealmOptions, WeakMap<Partial<SessionLimits>, SessionLimits>>();
/** One for all sessions of a realm that are attached with the same. */
const limitsOf = (options: RealmOptions, own = noLimits): SessionLimits => {
  const known = limitsKnown.get(options) ?? new WeakMap<Partial<SessionLimits>, SessionLimits>();
  limitsKnown.set(options, known);
  const limits = known.get(own) ?? { ...defaultSessionLimits, ...options.limits, ...own };
  known.set(own, limits);
  return limits;
};

type MemberFacts = Omit<Member, "waitingBytes" | "send" | "end">;

/** The member that a session is in its realm. */
export class RoutedMember implements Member {
  readonly info: SessionInfo;
  readonly limits: SessionLimits;
  readonly calleeCancels: boolean;
  readonly calleeTimesOut: boolean;
  readonly callerProgresses: boolean;
  readonly calleeProgresses: boolean;
  readonly calleeRevokes: boolean;
  readonly subscriberRevokes: boolean;
  readonly #session: AttachedSession;
  readonly #peer: Peer;

  constructor(session: AttachedSession, peer: Peer, facts: MemberFacts) {
    this.#session = session;
    this.#peer = peer;
    this.info = facts.info;
    this.limits = facts.limits;
    this.calleeCancels = facts.calleeCancels;
    this.calleeTimesOut = facts.calleeTimesOut;
    this.callerProgresses = facts.callerProgresses;
    this.calleeProgresses = facts.calleeProgresses;
    this.calleeRevokes = facts.calleeRevokes;
    this.subscriberRevokes = facts.subscriberRevokes;
  }

  get waitingBytes(): number {
    return this.#peer.bufferedAmount ?? 0;
  }

  send(message: Message): void {
    this.#peer.send(message);
  }

  end(reason: string, message: string): void {
    this.#session.end(reason, message);
  }
}

/** One attached peer, from its first message to its last. */
export class AttachedSession implements PeerListener {
  readonly #peer: Peer;
  readonly #as: AttachedAs;
  readonly #deps: AttachedDependencies;
  #state: AcceptorState;
  #deadline: Timer | undefined;
  #joined:
    | { readonly member: RoutedMember; readonly realm: Realm; readonly options: RealmOptions }
    | undefined;

  constructor(peer: Peer, as: AttachedAs, deps: AttachedDependencies) {
    this.#peer = peer;
    this.#as = as;
    this.#deps = deps;
    this.#state = { name: "waiting" };
  }

  start(): void {
    const { state, effects } = openAcceptor();
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#peer.listen(this);
  }

  /** Ends the session in peace: GOODBYE with `reason`. */
  end(reason: string, message: string): void {
    this.#step({ kind: "end", reason, message });
  }

  /** What an open session says besides its end is the realm's business: it takes no step, and most of all messages are such. */
  onMessage(message: Message): void {
    if (this.#joined && this.#state.name === "established" && !aboutSession.has(message.kind))
      this.#route(message);
    else this.#step({ kind: "message", message });
  }

  onUnknown(): void {
    this.#deps.tally.unknownMessages += 1;
  }

  onInvalid(error: WampError): void {
    this.#step({ kind: "violation", because: error.message });
  }

  onClose(end: TransportEnd): void {
    this.#step({ kind: "lost", because: end.reason || `closed ${end.code}` });
  }

  #step(input: AcceptorInput): void {
    const { state, effects } = stepAcceptor(this.#state, input, {
      methodsOf: (realm) =>
        this.#deps.findRealm(realm)?.options.authenticators.map(({ method }) => method),
      trustedAs: this.#as.trustedAs,
      rolesOf: (realm) => {
        const has = this.#deps.findRealm(realm)?.options;
        return routerRoles({
          metaApi: has?.metaApi === true,
          retains: (has?.retainedEvents ?? 0) > 0,
          keepsHistory: (has?.eventHistory ?? []).length > 0,
          hasTrustLevels: has?.trust !== undefined,
        });
      },
    });
    const wasOpen = this.#state.name !== "closed";
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (wasOpen && state.name === "closed") this.#deps.onDone(this);
  }

  #perform(effect: AcceptorEffect): void {
    switch (effect.kind) {
      case "send":
        this.#peer.send(effect.message);
        break;
      case "route":
        this.#route(effect.message);
        break;
      case "authenticate":
        void this.#authenticate(effect);
        break;
      case "join":
        this.#join(effect);
        break;
      case "leave":
        this.#leave(effect.reason, effect.because);
        break;
      case "count":
        if (effect.what === "violation") this.#deps.tally.protocolViolations += 1;
        else this.#deps.tally.refused += 1;
        break;
      case "startDeadline":
        this.#deadline?.cancel();
        this.#deadline = this.#deps.clock.after(effect.delayMs, () =>
          this.#step({ kind: "deadline" }),
        );
        break;
      case "cancelDeadline":
        this.#deadline?.cancel();
        this.#deadline = undefined;
        break;
      case "close":
        this.#peer.close(effect.code, effect.reason);
        break;
    }
  }

  #route(message: Message): void {
    if (!this.#joined) return;
    const because = this.#joined.realm.receive(this.#joined.member, message);
    if (because !== undefined) this.#step({ kind: "violation", because });
  }

  async #authenticate({ hello, method, answer }: Effect<"authenticate">): Promise<void> {
    let verdict: Verdict;
    try {
      verdict = this.#as.trustedAs
        ? { kind: "welcome", principal: this.#as.trustedAs }
        : await this.#ask({ hello, method, ...(answer ? { answer } : {}) });
    } catch (error) {
      // The stranger hears only that it did not work; the reason is for our log.
      this.#deps.log.error("An authenticator failed", { method, realm: hello.realm, error });
      verdict = { kind: "deny", message: "Authentication is not possible at the moment." };
    }
    this.#step({ kind: "verdict", verdict, session: this.#drawSession(hello.realm) });
  }

  async #ask({ hello, method, answer }: Omit<Effect<"authenticate">, "kind">): Promise<Verdict> {
    const authenticator = this.#deps
      .findRealm(hello.realm)
      ?.options.authenticators.find((one) => one.method === method);
    if (!authenticator) return { kind: "deny", message: "This way to join is closed." };
    const request: JoinRequest = {
      realm: hello.realm,
      authid: hello.authid,
      authextra: hello.authextra,
      connection: this.#as.connection ?? {},
    };
    return answer
      ? authenticator.finish(request, answer.pending, answer.proof)
      : authenticator.start(request);
  }

  #drawSession(realm: string): number {
    const open = this.#deps.findRealm(realm)?.realm;
    let id = this.#deps.drawId();
    // The next one that is free: a source of randomness that always says the same must not keep the router in here.
    while (open?.find(id)) id = (id % MAX_ID) + 1;
    return id;
  }

  #join({ session, hello, method, principal }: Effect<"join">): void {
    const found = this.#deps.findRealm(hello.realm);
    if (!found) return;
    const info: SessionInfo = {
      id: session,
      realm: hello.realm,
      authid: principal.authid,
      authrole: principal.authrole,
      authmethod: method,
      principalExtra: principal.authextra ?? {},
      connection: this.#as.connection ?? {},
    };
    const member = new RoutedMember(this, this.#peer, {
      info,
      limits: limitsOf(found.options, this.#as.limits),
      calleeCancels: hello.calleeCancels,
      calleeTimesOut: hello.calleeTimesOut,
      callerProgresses: hello.callerProgresses,
      calleeProgresses: hello.calleeProgresses,
      calleeRevokes: hello.calleeRevokes,
      subscriberRevokes: hello.subscriberRevokes,
    });
    this.#joined = { member, realm: found.realm, options: found.options };
    this.#deps.tally.joined += 1;
    found.realm.join(member);
    found.options.onJoin?.(info, hello.authextra);
  }

  #leave(reason: string, because?: string): void {
    const joined = this.#joined;
    this.#joined = undefined;
    if (!joined) return;
    joined.realm.leave(joined.member);
    joined.options.onLeave?.(joined.member.info, reason, because);
  }
}

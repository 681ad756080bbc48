// The workshop behind `ClientSession`: turns methods into requests, and what the router says into promises and handlers.
import type { Clock } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import type {
  Dict,
  EventMessage,
  Message,
  Published,
  Registered,
  Result,
  Subscribed,
  Unregistered,
  Unsubscribed,
  Welcome,
} from "../messages/message.ts";
import type {
  CallHandler,
  CallOptions,
  CallResult,
  ClientSession,
  EventHandler,
  MoreArguments,
  PublishOptions,
  RegisterOptions,
  Registration,
  SessionEnd,
  SubscribeOptions,
  Subscription,
} from "./client-session.ts";
import { Invocations, mapAnyError, type Offer } from "./invocations.ts";
import { type OutgoingParts, sendParts } from "./outgoing-parts.ts";
import { type Answer, Requests } from "./requests.ts";
import {
  callOptionsOf,
  disclosedIn,
  publishOptionsOf,
  registerOptionsOf,
  subscribeOptionsOf,
  trustLevelIn,
} from "./wire-options.ts";

/** What a {@link JoinedSession} leans on. */
export interface JoinedDependencies {
  readonly realm: string;
  readonly clock: Clock;
  readonly closed: Promise<SessionEnd>;
  /** Bytes of ours that the network has not taken yet. */
  waitingBytes(): number;
  readonly mapError?: (error: unknown) => WampError;
  send(message: Message): void;
  /** Says GOODBYE. */
  end(reason: string): void;
}

interface Follower {
  readonly topic: string;
  readonly handler: EventHandler;
  readonly onRevoked: ((reason: string) => void) | undefined;
}

const resultOf = ({ args, kwargs }: Result): CallResult => ({
  args: args ?? [],
  kwargs: kwargs ?? {},
});

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

const routerTakesParts = ({ roles }: Dict): boolean => {
  const { dealer } = (roles ?? {}) as { readonly dealer?: { readonly features?: Dict } };
  return dealer?.features?.progressive_call_invocations === true;
};

/** A session after WELCOME. */
export class JoinedSession implements ClientSession {
  readonly id: number;
  readonly realm: string;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  readonly details: Dict;
  readonly closed: Promise<SessionEnd>;
  readonly #deps: JoinedDependencies;
  readonly #requests = new Requests();
  readonly #invocations: Invocations;
  /** Subscription id → who hears it here; several handlers may share one subscription of the router. */
  readonly #followers = new Map<number, Set<Follower>>();
  #over: WampError | undefined;

  constructor(welcome: Welcome, deps: JoinedDependencies) {
    const { details } = welcome;
    this.id = welcome.session;
    this.realm = textOf(details.realm) ?? deps.realm;
    this.authid = textOf(details.authid);
    this.authrole = textOf(details.authrole);
    this.details = details;
    this.closed = deps.closed;
    this.#deps = deps;
    this.#invocations = new Invocations({
      send: (message) => deps.send(message),
      mapError: deps.mapError ?? mapAnyError,
    });
  }

  async call(procedure: string, options: CallOptions = {}): Promise<CallResult> {
    const { args, kwargs, more, onProgress, signal, cancelMode = "killnowait" } = options;
    if (more && !routerTakesParts(this.details))
      throw new WampError(wampErrors.featureNotSupported, "This router takes no parts.");
    const request = this.#begin(signal);
    const answer = this.#requests.open<Result>(
      request,
      "call",
      onProgress && ((result) => onProgress(resultOf(result))),
    );
    this.#deps.send({
      ...{ kind: "call", request, options: callOptionsOf(options) },
      ...{ procedure, args, kwargs },
    });
    const parts = more && this.#sendMore(request, procedure, more);
    const work = this.#untilAborted(request, answer, signal, () => {
      parts?.stop();
      this.#deps.send({ kind: "cancel", request, options: { mode: cancelMode } });
      return cancelMode !== "kill";
    });
    return resultOf(await (parts ? work.finally(() => parts.stop()) : work));
  }

  #sendMore(request: number, procedure: string, more: MoreArguments): OutgoingParts {
    return sendParts(more, {
      clock: this.#deps.clock,
      waitingBytes: () => this.#deps.waitingBytes(),
      send: ({ args, kwargs }, isLast) => {
        const options = isLast ? {} : { progress: true };
        this.#deps.send({ kind: "call", request, options, procedure, args, kwargs });
      },
      fail: (error) => {
        this.#deps.send({ kind: "cancel", request, options: { mode: "killnowait" } });
        this.#requests.abandon(request, error);
      },
    });
  }

  async register(
    procedure: string,
    handler: CallHandler,
    options: RegisterOptions = {},
  ): Promise<Registration> {
    const request = this.#begin(options.signal);
    const answer = this.#requests.open<Registered>(request, "register");
    this.#deps.send({ kind: "register", request, options: registerOptionsOf(options), procedure });
    this.#handlers.set(request, { procedure, handler, onRevoked: options.onRevoked });
    const forget = () => this.#handlers.delete(request);
    const { registration } = await this.#untilAborted(request, answer, options.signal, () => {
      forget();
      return true;
    }).finally(forget);
    return {
      id: registration,
      procedure,
      unregister: () => this.#unregister(registration),
    };
  }

  /** Request id → handler of a REGISTER under way: the first INVOCATION may come in the same breath as REGISTERED. */
  readonly #handlers = new Map<number, Offer>();
  /** The same for SUBSCRIBE. */
  readonly #followersToBe = new Map<number, Follower>();

  async publish(topic: string, options: PublishOptions = {}): Promise<void> {
    const { args, kwargs, acknowledge = true, signal } = options;
    const request = this.#begin(signal);
    const answer = acknowledge ? this.#requests.open<Published>(request, "publish") : undefined;
    this.#deps.send({
      ...{ kind: "publish", request, options: publishOptionsOf(options) },
      ...{ topic, args, kwargs },
    });
    if (answer) await this.#untilAborted(request, answer, signal);
  }

  async subscribe(
    topic: string,
    handler: EventHandler,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const request = this.#begin(options.signal);
    const answer = this.#requests.open<Subscribed>(request, "subscribe");
    const follower: Follower = { topic, handler, onRevoked: options.onRevoked };
    this.#followersToBe.set(request, follower);
    const forget = () => this.#followersToBe.delete(request);
    this.#deps.send({ kind: "subscribe", request, options: subscribeOptionsOf(options), topic });
    const { subscription } = await this.#untilAborted(request, answer, options.signal, () => {
      forget();
      return true;
    }).finally(forget);
    return {
      id: subscription,
      topic,
      unsubscribe: () => this.#unsubscribe(subscription, follower),
    };
  }

  async close(reason: string = wampErrors.normal): Promise<void> {
    this.#deps.end(reason);
    await this.closed;
  }

  /** Takes in what the router says; returns why it breaks the protocol, or undefined. */
  receive(message: Message): string | undefined {
    switch (message.kind) {
      case "invocation":
        this.#invocations.invoke(message);
        return undefined;
      case "interrupt":
        this.#invocations.interrupt(message);
        return undefined;
      case "event":
        this.#onEvent(message);
        return undefined;
      case "registered":
        this.#onRegistered(message);
        break;
      case "subscribed":
        this.#onSubscribed(message);
        break;
      case "unsubscribed":
      case "unregistered":
        if (message.request === 0) {
          this.#onRevoked(message);
          return undefined;
        }
        break;
      case "error":
      case "result":
      case "published":
        break;
      default:
        return `${message.kind.toUpperCase()} is nothing that a router says.`;
    }
    this.#requests.settle(message);
    return undefined;
  }

  /** The session is over. */
  end(reason: string, message: string): void {
    this.#over = new WampError(wampErrors.networkFailure, message, { details: { reason } });
    this.#requests.rejectAll(reason, message);
    this.#invocations.abortAll(message);
  }

  #requireOpen(): void {
    if (this.#over) throw this.#over;
  }

  /** The id of a new request, unless it is too late for one. */
  #begin(signal: AbortSignal | undefined): number {
    signal?.throwIfAborted();
    this.#requireOpen();
    return this.#requests.nextId();
  }

  /** The answer, or the signal's reason. `onAbort` says whether the request is given up at once. */
  async #untilAborted<A extends Answer>(
    request: number,
    answer: Promise<A>,
    signal: AbortSignal | undefined,
    onAbort: () => boolean = () => true,
  ): Promise<A> {
    if (!signal) return answer;
    const abort = () => {
      if (onAbort()) this.#requests.abandon(request, signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #onRegistered({ request, registration }: Registered): void {
    const offer = this.#handlers.get(request);
    if (offer) this.#invocations.offer(registration, offer);
    // Given up while it was under way.
    else this.#deps.send({ kind: "unregister", request: this.#requests.nextId(), registration });
  }

  #onSubscribed({ request, subscription }: Subscribed): void {
    const follower = this.#followersToBe.get(request);
    if (!follower) {
      // Given up while it was under way; others here may follow the same.
      if (!this.#followers.has(subscription))
        this.#deps.send({ kind: "unsubscribe", request: this.#requests.nextId(), subscription });
      return;
    }
    const followers = this.#followers.get(subscription) ?? new Set();
    followers.add(follower);
    this.#followers.set(subscription, followers);
  }

  #onRevoked({ kind, details = {} }: Unsubscribed | Unregistered): void {
    const reason = textOf(details.reason) ?? wampErrors.notAuthorized;
    const id = Number(kind === "unregistered" ? details.registration : details.subscription);
    if (kind === "unregistered") {
      this.#invocations.revoke(id, reason);
      return;
    }
    const followers = [...(this.#followers.get(id) ?? [])];
    this.#followers.delete(id);
    for (const { onRevoked } of followers) onRevoked?.(reason);
  }

  #onEvent({ subscription, publication, details, args, kwargs }: EventMessage): void {
    for (const { topic, handler } of [...(this.#followers.get(subscription) ?? [])])
      handler({
        topic: textOf(details.topic) ?? topic,
        publication,
        args: args ?? [],
        kwargs: kwargs ?? {},
        publisher: disclosedIn(details, "publisher"),
        trustLevel: trustLevelIn(details),
        retained: details.retained === true,
      });
  }

  async #unregister(registration: number): Promise<void> {
    this.#requireOpen();
    const request = this.#requests.nextId();
    const answer = this.#requests.open<Unregistered>(request, "unregister");
    this.#deps.send({ kind: "unregister", request, registration });
    await answer;
    this.#invocations.withdraw(registration);
  }

  async #unsubscribe(subscription: number, follower: Follower): Promise<void> {
    this.#requireOpen();
    const followers = this.#followers.get(subscription);
    followers?.delete(follower);
    if (followers && followers.size > 0) return;
    this.#followers.delete(subscription);
    const request = this.#requests.nextId();
    const answer = this.#requests.open<Unsubscribed>(request, "unsubscribe");
    this.#deps.send({ kind: "unsubscribe", request, subscription });
    await answer;
  }
}

// The workshop behind `ClientSession`: turns methods into requests, and what the router says into promises and handlers.
import { type Clock, untilAborted } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import type {
  Dict,
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
import { type Follower, Followers } from "./followers.ts";
import { Invocations, mapAnyError, type Offer } from "./invocations.ts";
import { type OutgoingParts, sendParts } from "./outgoing-parts.ts";
import { type Answer, Requests } from "./requests.ts";
import { type ReportError, reportAnyError, runHandler } from "./run-handler.ts";
import {
  callOptionsOf,
  publishOptionsOf,
  registerOptionsOf,
  subscribeOptionsOf,
} from "./wire-options.ts";

/** What a {@link JoinedSession} leans on. */
export interface JoinedDependencies {
  readonly realm: string;
  readonly clock: Clock;
  readonly closed: Promise<SessionEnd>;
  /** Bytes of ours that the network has not taken yet. */
  waitingBytes(): number;
  readonly mapError?: (error: unknown) => WampError;
  readonly onHandlerError?: ReportError;
  send(message: Message): void;
  /** Says GOODBYE. */
  end(reason: string): void;
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
  readonly #followers: Followers;
  readonly #report: ReportError;
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
    this.#report = deps.onHandlerError ?? reportAnyError;
    this.#invocations = new Invocations({
      send: (message) => deps.send(message),
      mapError: deps.mapError ?? mapAnyError,
      report: this.#report,
    });
    this.#followers = new Followers({
      report: this.#report,
      giveBack: (subscription) =>
        deps.send({ kind: "unsubscribe", request: this.#requests.nextId(), subscription }),
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
      onProgress && ((result) => runHandler(onProgress, resultOf(result), this.#report)),
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
      unregister: (signal) => this.#unregister(registration, signal),
    };
  }

  /** Request id → handler of a REGISTER under way: the first INVOCATION may come in the same breath as REGISTERED. */
  readonly #handlers = new Map<number, Offer>();
  /** Request id → registration of an UNREGISTER under way. */
  readonly #leaving = new Map<number, number>();

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
    const pattern = `${options.match ?? "exact"} ${topic}`;
    const follower: Follower = { topic, pattern, handler, onRevoked: options.onRevoked };
    this.#followers.begin(request, follower);
    this.#deps.send({ kind: "subscribe", request, options: subscribeOptionsOf(options), topic });
    const { subscription } = await this.#untilAborted(request, answer, options.signal, () => {
      this.#followers.giveUp(request);
      return true;
    });
    return {
      id: subscription,
      topic,
      unsubscribe: (signal) => this.#unsubscribe(subscription, follower, signal),
    };
  }

  async close(reason: string = wampErrors.normal, signal?: AbortSignal): Promise<void> {
    this.#deps.end(reason);
    await untilAborted(this.closed, signal);
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
        this.#followers.hear(message);
        return undefined;
      case "registered":
        this.#onRegistered(message);
        break;
      case "subscribed":
        this.#followers.onSubscribed(message.request, message.subscription);
        break;
      case "unsubscribed":
      case "unregistered":
        if (message.request === 0) {
          this.#onRevoked(message);
          return undefined;
        }
        if (message.kind === "unregistered") this.#onUnregistered(message);
        break;
      case "error":
        if (message.requestKind === "subscribe") this.#followers.onRefused(message.request);
        else if (message.requestKind === "unregister") this.#leaving.delete(message.request);
        break;
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

  /** At once, before anything else is heard: a registration that is shared comes back under the same id. */
  #onUnregistered({ request }: Unregistered): void {
    const registration = this.#leaving.get(request);
    this.#leaving.delete(request);
    if (registration !== undefined) this.#invocations.withdraw(registration);
  }

  #onRevoked({ kind, details = {} }: Unsubscribed | Unregistered): void {
    const reason = textOf(details.reason) ?? wampErrors.notAuthorized;
    const id = Number(kind === "unregistered" ? details.registration : details.subscription);
    if (kind === "unregistered") {
      this.#invocations.revoke(id, reason);
      return;
    }
    this.#followers.revoke(id, reason);
  }

  async #unregister(registration: number, signal: AbortSignal | undefined): Promise<void> {
    const request = this.#begin(signal);
    const answer = this.#requests.open<Unregistered>(request, "unregister");
    this.#leaving.set(request, registration);
    this.#deps.send({ kind: "unregister", request, registration });
    await this.#untilAborted(request, answer, signal);
  }

  async #unsubscribe(
    subscription: number,
    follower: Follower,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted();
    this.#requireOpen();
    if (!this.#followers.leave(subscription, follower)) return;
    const request = this.#requests.nextId();
    const answer = this.#requests.open<Unsubscribed>(request, "unsubscribe");
    this.#deps.send({ kind: "unsubscribe", request, subscription });
    await this.#untilAborted(request, answer, signal);
  }
}

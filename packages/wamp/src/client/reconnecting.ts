// A client that joins again when its session ends, and brings its registrations and subscriptions along. A call is sent once: one
// that was under way when the session ended fails, because nobody knows how far it came; one that has not been sent waits.
import { type Clock, createBackoff, sleep, untilAborted } from "@s4t/kit";
import { isWampError, WampError, wampErrors } from "../error.ts";
import type { Peer } from "../peer.ts";
import type {
  CallHandler,
  CallOptions,
  CallResult,
  ClientSession,
  EventHandler,
  JoinOptions,
  PublishOptions,
  RegisterOptions,
  SubscribeOptions,
} from "./client-session.ts";
import { joinRealm } from "./join.ts";

/** The first wait is drawn from up to this; then from twice as much, up to the cap. */
export const FIRST_RECONNECT_MS = 250;
/** A client that waited longer would be away longer than whoever looks for it is patient. */
export const MAX_RECONNECT_MS = 5_000;

/** How a client stays joined. */
export interface ReconnectingOptions {
  /** Opens a connection anew. */
  readonly connect: (signal: AbortSignal) => Promise<Peer>;
  readonly join: Omit<JoinOptions, "signal">;
  /** Whether it is worth another try after an end or a refusal with this reason. Default {@link isWorthAnotherTry}. */
  readonly retries?: (reason: string) => boolean;
  /** Each new session, after what was kept is in place again. */
  readonly onJoined?: (session: ClientSession) => void;
  readonly onLost?: (reason: string, message: string) => void;
  /** Aborting it closes the client. */
  readonly signal?: AbortSignal;
}

/** What it leans on. */
export interface ReconnectingDependencies {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Something that is kept over sessions. */
export interface Kept {
  /** Withdraws it for good. Aborting rejects at once; it is withdrawn all the same. */
  remove(signal?: AbortSignal): Promise<void>;
}

/** A client that stays joined. */
export interface ReconnectingClient {
  /** The session of this moment. */
  readonly session: ClientSession | undefined;
  /** The session of this moment, or the next one; rejects when there will be none. */
  joined(signal?: AbortSignal): Promise<ClientSession>;
  call(procedure: string, options?: CallOptions): Promise<CallResult>;
  publish(topic: string, options?: PublishOptions): Promise<void>;
  /** Resolves when it is in place for the first time. */
  register(procedure: string, handler: CallHandler, options?: RegisterOptions): Promise<Kept>;
  subscribe(topic: string, handler: EventHandler, options?: SubscribeOptions): Promise<Kept>;
  /** Says GOODBYE where it is joined, and joins no more. Aborting rejects at once; it closes all the same. */
  close(signal?: AbortSignal): Promise<void>;
  /** Resolves, never rejects, when it will not join any more: with the reason. */
  readonly closed: Promise<WampError>;
}

const final = new Set<string>([
  wampErrors.noSuchRealm,
  wampErrors.noSuchPrincipal,
  wampErrors.notAuthorized,
  wampErrors.authenticationFailed,
  wampErrors.authenticationDenied,
  wampErrors.noMatchingAuthMethod,
  wampErrors.protocolViolation,
]);

/** Everything but what would be the same the next time: a realm that is not there, a proof that is not good. */
export const isWorthAnotherTry = (reason: string): boolean => !final.has(reason);

type Withdraw = (signal?: AbortSignal) => Promise<void>;

/** One thing that is brought along, where it is, and how it is withdrawn from there. */
interface Thing {
  place(session: ClientSession): Promise<Withdraw>;
  placed: { readonly session: ClientSession; readonly withdraw: Withdraw } | undefined;
  isRemoved: boolean;
}

/** Puts it in place; one that was removed meanwhile is withdrawn again. */
const place = async (thing: Thing, session: ClientSession): Promise<void> => {
  const withdraw = await thing.place(session);
  if (thing.isRemoved) await withdraw();
  else thing.placed = { session, withdraw };
};

class Reconnecting implements ReconnectingClient {
  readonly closed: Promise<WampError>;
  readonly #options: ReconnectingOptions;
  readonly #deps: ReconnectingDependencies;
  readonly #ending = new AbortController();
  readonly #things = new Set<Thing>();
  #waiting: { resolve(session: ClientSession): void; reject(error: WampError): void }[] = [];
  #over: WampError | undefined;
  /** Joined, and what is kept is being put in place. */
  #joining: ClientSession | undefined;
  session: ClientSession | undefined;

  constructor(options: ReconnectingOptions, deps: ReconnectingDependencies) {
    this.#options = options;
    this.#deps = deps;
    const end = () =>
      this.#ending.abort(new WampError(wampErrors.canceled, "The client is closed."));
    if (options.signal?.aborted) end();
    else options.signal?.addEventListener("abort", end, { once: true });
    this.closed = this.#stay().finally(() => options.signal?.removeEventListener("abort", end));
  }

  async joined(signal?: AbortSignal): Promise<ClientSession> {
    signal?.throwIfAborted();
    if (this.session) return this.session;
    if (this.#over) throw this.#over;
    return new Promise((resolve, reject) => {
      const settle = () => signal?.removeEventListener("abort", onAbort);
      const one = {
        resolve: (session: ClientSession) => {
          settle();
          resolve(session);
        },
        reject: (error: WampError) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== one);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(one);
    });
  }

  async call(procedure: string, options: CallOptions = {}): Promise<CallResult> {
    return (await this.joined(options.signal)).call(procedure, options);
  }

  async publish(topic: string, options: PublishOptions = {}): Promise<void> {
    return (await this.joined(options.signal)).publish(topic, options);
  }

  register(procedure: string, handler: CallHandler, options: RegisterOptions = {}): Promise<Kept> {
    const { signal: untilPlaced, ...kept } = options;
    return this.#keep(untilPlaced, async (session, signal) => {
      const how = signal ? { ...kept, signal } : kept;
      const registration = await session.register(procedure, handler, how);
      return (until) => registration.unregister(until);
    });
  }

  subscribe(topic: string, handler: EventHandler, options: SubscribeOptions = {}): Promise<Kept> {
    const { signal: untilPlaced, ...kept } = options;
    return this.#keep(untilPlaced, async (session, signal) => {
      const how = signal ? { ...kept, signal } : kept;
      const subscription = await session.subscribe(topic, handler, how);
      return (until) => subscription.unsubscribe(until);
    });
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#ending.abort(new WampError(wampErrors.canceled, "The client is closed."));
    await untilAborted(this.closed, signal);
  }

  /** The signal is for the first time: what is in place is not given up with it. */
  async #keep(
    untilPlaced: AbortSignal | undefined,
    put: (session: ClientSession, signal?: AbortSignal) => Promise<Withdraw>,
  ): Promise<Kept> {
    let signal = untilPlaced;
    const thing: Thing = {
      place: (session) => put(session, signal),
      ...{ placed: undefined, isRemoved: false },
    };
    await place(thing, await this.joined(signal));
    // Its session may have ended while it was put in place: the one that is there now has to have it, too. It is kept only when
    // that has gone well, or it would stay though its owner was told that it failed.
    while (this.session && this.session !== thing.placed?.session) await place(thing, this.session);
    signal = undefined;
    this.#things.add(thing);
    return { remove: (until) => this.#remove(thing, until) };
  }

  async #remove(thing: Thing, signal: AbortSignal | undefined): Promise<void> {
    this.#things.delete(thing);
    thing.isRemoved = true;
    const { placed } = thing;
    thing.placed = undefined;
    if (placed && (placed.session === this.session || placed.session === this.#joining))
      await placed.withdraw(signal);
  }

  /** Joins again and again, until it is closed or not worth another try. */
  async #stay(): Promise<WampError> {
    const backoff = createBackoff(
      { firstMs: FIRST_RECONNECT_MS, capMs: MAX_RECONNECT_MS },
      this.#deps.random,
    );
    const { signal } = this.#ending;
    for (;;) {
      try {
        const ended = await this.#once(signal, () => backoff.reset());
        if (signal.aborted || !this.#isWorth(ended.uri)) return this.#end(ended);
        await sleep(this.#deps.clock, backoff.next(), signal);
      } catch (error) {
        return this.#end(
          isWampError(error)
            ? error
            : new WampError(wampErrors.networkFailure, "It ended.", { cause: error }),
        );
      }
    }
  }

  /** One session from its connection to its end; answers why it ended, or why there was none. */
  async #once(signal: AbortSignal, onJoined: () => void): Promise<WampError> {
    let session: ClientSession | undefined;
    const leave = () => void session?.close();
    try {
      const { join, connect } = this.#options;
      session = await joinRealm(await connect(signal), { ...join, signal }, this.#deps);
      // From here on its end is ours, also while what is kept is on its way.
      signal.addEventListener("abort", leave);
      if (signal.aborted) leave();
      this.#joining = session;
      for (const thing of this.#things) await place(thing, session);
      onJoined();
      this.#joining = undefined;
      this.session = session;
      for (const { resolve } of this.#waiting.splice(0)) resolve(session);
      this.#options.onJoined?.(session);
      const { reason, message } = await session.closed;
      this.session = undefined;
      this.#options.onLost?.(reason, message);
      return new WampError(reason, message);
    } catch (error) {
      // What was kept could not be put in place: half of it would be worse than another try. Or somebody who heard of it threw.
      this.#joining = undefined;
      this.session = undefined;
      await session?.close();
      if (isWampError(error)) return error;
      return new WampError(wampErrors.networkFailure, "The router could not be reached.", {
        cause: error,
      });
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #isWorth(reason: string): boolean {
    return (this.#options.retries ?? isWorthAnotherTry)(reason);
  }

  #end(error: WampError): WampError {
    this.#over = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    return error;
  }
}

/**
 * Makes a {@link ReconnectingClient}; it begins to join at once.
 *
 * @example
 * const client = createReconnectingClient(
 *   { connect: async () => openPeer(await connectGlobalWebSocket({ url, subprotocol: jsonCodec.subprotocol }), jsonCodec), join: { realm: "s4t" } },
 *   { clock: systemClock, random: Math.random },
 * );
 * await client.register("com.example.add", ({ args }) => ({ args: [Number(args[0]) + Number(args[1])] }));
 */
export const createReconnectingClient = (
  options: ReconnectingOptions,
  deps: ReconnectingDependencies,
): ReconnectingClient => new Reconnecting(options, deps);

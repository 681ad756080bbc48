// Joining a realm, and the session that comes of it. It does NOT reconnect: when the session is over it is over, and its owner
// joins again.
import type { Clock, Timer } from "@s4t/kit";
import { anonymousCredentials } from "../auth/anonymous.ts";
import type { Credentials } from "../auth/authenticator.ts";
import { isWampError, WampError, wampErrors } from "../error.ts";
import type { Message, Welcome } from "../messages/message.ts";
import type { Peer } from "../peer.ts";
import {
  type JoinerEffect,
  type JoinerInput,
  type JoinerState,
  openJoiner,
  stepJoiner,
} from "../session/joiner.ts";
import type { TransportEnd } from "../transport.ts";
import {
  type ClientSession,
  JOIN_TIMEOUT_MS,
  type JoinOptions,
  type SessionEnd,
} from "./client-session.ts";
import { JoinedSession } from "./joined-session.ts";

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** `Promise.withResolvers`, which the oldest runtime that boards have does not know. */
const defer = <T>(): Deferred<T> => {
  let resolve: Deferred<T>["resolve"] = () => {};
  let reject: Deferred<T>["reject"] = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

/** The shell around the client's end: hears the peer, steps the joiner, performs its effects in order. */
class Joining {
  readonly #peer: Peer;
  readonly #options: JoinOptions;
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #welcomed = defer<ClientSession>();
  readonly #closed = defer<SessionEnd>();
  #state: JoinerState = { name: "joining" };
  #deadline: Timer | undefined;
  #transportEnd: TransportEnd | undefined;
  #session: JoinedSession | undefined;

  constructor(peer: Peer, options: JoinOptions, clock: Clock) {
    this.#peer = peer;
    this.#options = options;
    this.#credentials = options.credentials ?? anonymousCredentials();
    this.#clock = clock;
  }

  join(): Promise<ClientSession> {
    const { realm, agent, timeoutMs = JOIN_TIMEOUT_MS, signal } = this.#options;
    if (signal?.aborted) {
      this.#peer.close(1000, wampErrors.canceled);
      return Promise.reject(signal.reason);
    }
    const { state, effects } = openJoiner({
      realm,
      agent,
      timeoutMs,
      authmethod: this.#credentials.method,
      authid: this.#credentials.authid,
      authextra: { ...this.#options.authextra, ...this.#credentials.authextra },
    });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#peer.listen({
      onMessage: (message) => this.#step({ kind: "message", message }),
      onUnknown: () => {},
      onInvalid: (error) => this.#step({ kind: "violation", because: error.message }),
      onClose: (end) => {
        this.#transportEnd = end;
        this.#step({ kind: "lost", because: end.reason || `The connection closed (${end.code}).` });
      },
    });
    const onAbort = () => {
      this.#welcomed.reject(signal?.reason);
      this.#step({ kind: "end", reason: wampErrors.canceled, message: "Joining was given up." });
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    return this.#welcomed.promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  #step(input: JoinerInput): void {
    const { state, effects } = stepJoiner(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: JoinerEffect): void {
    switch (effect.kind) {
      case "send":
        this.#peer.send(effect.message);
        break;
      case "answer":
        void this.#answer(effect);
        break;
      case "joined":
        this.#onJoined(effect.welcome);
        break;
      case "deliver":
        this.#deliver(effect.message);
        break;
      case "ended":
        this.#onEnded(effect.reason, effect.message);
        break;
      case "startDeadline":
        this.#deadline?.cancel();
        this.#deadline = this.#clock.after(effect.delayMs, () => this.#step({ kind: "deadline" }));
        break;
      case "cancelDeadline":
        this.#deadline?.cancel();
        break;
      case "close":
        this.#peer.close(effect.code, effect.reason);
        break;
    }
  }

  async #answer({ method, extra }: Extract<JoinerEffect, { kind: "answer" }>): Promise<void> {
    try {
      if (method !== this.#credentials.method)
        throw new WampError(
          wampErrors.protocolViolation,
          `Asked for ${method}, which was not offered.`,
        );
      this.#step({ kind: "answer", proof: await this.#credentials.answer(extra) });
    } catch (error) {
      const reason = isWampError(error) ? error.uri : wampErrors.authenticationFailed;
      this.#welcomed.reject(error);
      this.#step({ kind: "end", reason, message: "The challenge was not answered." });
    }
  }

  #onJoined(welcome: Welcome): void {
    this.#session = new JoinedSession(welcome, {
      realm: this.#options.realm,
      clock: this.#clock,
      waitingBytes: () => this.#peer.bufferedAmount ?? 0,
      closed: this.#closed.promise,
      ...(this.#options.mapError ? { mapError: this.#options.mapError } : {}),
      ...(this.#options.onHandlerError ? { onHandlerError: this.#options.onHandlerError } : {}),
      send: (message) => {
        if (this.#state.name === "established") this.#peer.send(message);
      },
      end: (reason) => this.#step({ kind: "end", reason, message: "The client leaves." }),
    });
    this.#welcomed.resolve(this.#session);
  }

  #deliver(message: Message): void {
    const because = this.#session?.receive(message);
    if (because !== undefined) this.#step({ kind: "violation", because });
  }

  #onEnded(reason: string, message: string): void {
    this.#welcomed.reject(new WampError(reason, message));
    this.#session?.end(reason, message);
    this.#closed.resolve({
      reason,
      message,
      ...(this.#transportEnd ? { transport: this.#transportEnd } : {}),
    });
  }
}

/**
 * Joins a realm over `peer`. Rejects with a `WampError` that carries the router's reason, or with the signal's.
 *
 * @example
 * const session = await joinRealm(openPeer(transport, jsonCodec), { realm: "s4t" }, { clock: systemClock });
 * const { args } = await session.call("com.example.add", { args: [2, 3], timeoutMs: 1_000 });
 */
export const joinRealm = (
  peer: Peer,
  options: JoinOptions,
  deps: { readonly clock: Clock },
): Promise<ClientSession> => new Joining(peer, options, deps.clock).join();

// The client as callee: runs handlers, answers for them, and tells them when nobody waits any more.
import { isWampError, WampError, wampErrors } from "../error.ts";
import type { Interrupt, Invocation, Message } from "../messages/message.ts";
import type { CallHandler, IncomingCall } from "./client-session.ts";
import { disclosedIn } from "./wire-options.ts";

/** A procedure on offer, and who answers. */
export interface Offer {
  readonly procedure: string;
  readonly handler: CallHandler;
  readonly onRevoked: ((reason: string) => void) | undefined;
}

/** What {@link Invocations} leans on. */
export interface InvocationsDependencies {
  send(message: Message): void;
  mapError(error: unknown): WampError;
}

/** The default of `mapError`: a `WampError` as it is, of anything else nothing is told. */
export const mapAnyError = (error: unknown): WampError =>
  isWampError(error)
    ? error
    : new WampError(wampErrors.runtimeError, "The procedure failed.", { cause: error });

/** The callee's side of a session. */
export class Invocations {
  readonly #deps: InvocationsDependencies;
  /** Registration id → handler. */
  readonly #offers = new Map<number, Offer>();
  /** Invocation id → what aborts it. */
  readonly #running = new Map<number, AbortController>();

  constructor(deps: InvocationsDependencies) {
    this.#deps = deps;
  }

  offer(registration: number, offer: Offer): void {
    this.#offers.set(registration, offer);
  }

  /** The router took it away. */
  revoke(registration: number, reason: string): void {
    const offer = this.#offers.get(registration);
    this.#offers.delete(registration);
    offer?.onRevoked?.(reason);
  }

  withdraw(registration: number): void {
    this.#offers.delete(registration);
  }

  invoke(message: Invocation): void {
    const { request, details } = message;
    const offer = this.#offers.get(message.registration);
    if (!offer) {
      // It crossed our UNREGISTER.
      this.#fail(
        request,
        new WampError(wampErrors.noSuchProcedure, "This procedure is not on offer any more."),
      );
      return;
    }
    const controller = new AbortController();
    this.#running.set(request, controller);
    void this.#run(request, offer.handler, {
      procedure: typeof details.procedure === "string" ? details.procedure : offer.procedure,
      args: message.args ?? [],
      kwargs: message.kwargs ?? {},
      caller: disclosedIn(details, "caller"),
      timeoutMs: typeof details.timeout === "number" ? details.timeout : undefined,
      progress: details.receive_progress === true ? this.#progressOf(request) : undefined,
      signal: controller.signal,
    });
  }

  #progressOf(request: number): NonNullable<IncomingCall["progress"]> {
    return ({ args, kwargs }) => {
      // After the end of the call nobody waits for more.
      if (this.#running.has(request))
        this.#deps.send({ kind: "yield", request, options: { progress: true }, args, kwargs });
    };
  }

  interrupt({ request, options }: Interrupt): void {
    const controller = this.#running.get(request);
    // Killed, the caller waits until the handler has really stopped; otherwise nobody waits, and nothing is answered.
    if (options.mode !== "kill") this.#running.delete(request);
    const reason = options.reason === wampErrors.timeout ? wampErrors.timeout : wampErrors.canceled;
    controller?.abort(new WampError(reason, "The caller does not wait any more."));
  }

  /** The session is over: every handler is told, nothing is answered. */
  abortAll(message: string): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const controller of running)
      controller.abort(new WampError(wampErrors.networkFailure, message));
  }

  async #run(request: number, handler: CallHandler, call: IncomingCall): Promise<void> {
    try {
      const result = await handler(call);
      if (!this.#running.delete(request)) return;
      const { args, kwargs } = result ?? {};
      this.#deps.send({ kind: "yield", request, options: {}, args, kwargs });
    } catch (error) {
      if (this.#running.delete(request)) this.#fail(request, this.#deps.mapError(error));
    }
  }

  #fail(request: number, error: WampError): void {
    this.#deps.send({
      kind: "error",
      requestKind: "invocation",
      request,
      details: {},
      error: error.uri,
      args: error.args ?? [error.message],
      kwargs: error.kwargs,
    });
  }
}

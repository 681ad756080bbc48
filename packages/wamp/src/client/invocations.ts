// The client as callee: runs handlers, answers for them, and tells them when nobody waits any more.
import { isWampError, WampError, wampErrors } from "../error.ts";
import type { Interrupt, Invocation, Message } from "../messages/message.ts";
import type { CallHandler, IncomingCall } from "./client-session.ts";
import { IncomingParts } from "./incoming-parts.ts";
import { type ReportError, runHandler } from "./run-handler.ts";
import { disclosedIn, trustLevelIn } from "./wire-options.ts";

/** A procedure on offer, and who answers. */
export interface Offer {
  readonly procedure: string;
  readonly handler: CallHandler;
  readonly onRevoked: ((reason: string) => void) | undefined;
}

/** An invocation whose handler is at work. */
interface Running {
  readonly controller: AbortController;
  /** Where its arguments come in parts. */
  readonly parts: IncomingParts | undefined;
}

/** Invocations that ended before their last part came, so many of the latest: what still comes of them is not a new one. */
const MAX_CUT = 1_000;

/** What {@link Invocations} leans on. */
export interface InvocationsDependencies {
  send(message: Message): void;
  mapError(error: unknown): WampError;
  /** Hears what others of the program's functions threw. */
  readonly report: ReportError;
}

/** The default of `mapError`: a `WampError` as it is, of anything else nothing is told. */
export const mapAnyError = (error: unknown): WampError =>
  isWampError(error)
    ? error
    : new WampError(wampErrors.runtimeError, "The procedure failed.", { cause: error });

const abort = ({ controller, parts }: Running, reason: WampError): void => {
  parts?.fail(reason);
  controller.abort(reason);
};

/** The callee's side of a session. */
export class Invocations {
  readonly #deps: InvocationsDependencies;
  /** Registration id → handler. */
  readonly #offers = new Map<number, Offer>();
  /** By invocation id. */
  readonly #running = new Map<number, Running>();
  readonly #cut = new Set<number>();

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
    if (offer?.onRevoked) runHandler(offer.onRevoked, reason, this.#deps.report);
  }

  withdraw(registration: number): void {
    this.#offers.delete(registration);
  }

  invoke(message: Invocation): void {
    const { request, details } = message;
    const isInParts = details.progress === true;
    const running = this.#running.get(request);
    if (running || this.#cut.has(request)) {
      if (!isInParts) this.#cut.delete(request);
      if (running?.parts) this.#goOn(running.parts, message);
      return;
    }
    const offer = this.#offers.get(message.registration);
    if (!offer) {
      // It crossed our UNREGISTER.
      if (isInParts) this.#cutOff(request);
      this.#fail(
        request,
        new WampError(wampErrors.noSuchProcedure, "This procedure is not on offer any more."),
      );
      return;
    }
    const controller = new AbortController();
    const parts = isInParts ? new IncomingParts() : undefined;
    this.#running.set(request, { controller, parts });
    void this.#run(request, offer.handler, {
      procedure: typeof details.procedure === "string" ? details.procedure : offer.procedure,
      args: message.args ?? [],
      kwargs: message.kwargs ?? {},
      caller: disclosedIn(details, "caller"),
      trustLevel: trustLevelIn(details),
      more: parts,
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
    const running = this.#running.get(request);
    // Killed, the caller waits until the handler has really stopped; otherwise nobody waits, and nothing is answered.
    if (options.mode !== "kill") this.#end(request);
    const reason = options.reason === wampErrors.timeout ? wampErrors.timeout : wampErrors.canceled;
    if (running) abort(running, new WampError(reason, "The caller does not wait any more."));
  }

  /** The session is over: every handler is told, nothing is answered. */
  abortAll(message: string): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const one of running) abort(one, new WampError(wampErrors.networkFailure, message));
  }

  #goOn(parts: IncomingParts, { request, details, args = [], kwargs = {} }: Invocation): void {
    const isLast = details.progress !== true;
    const isEmpty = args.length === 0 && Object.keys(kwargs).length === 0;
    const isTooMuch = !(isLast && isEmpty) && !parts.push({ args, kwargs });
    if (isLast) parts.finish();
    const running = isTooMuch ? this.#running.get(request) : undefined;
    if (!running) return;
    const error = new WampError(wampErrors.unavailable, "The callee does not read its arguments.");
    this.#end(request);
    this.#fail(request, error);
    abort(running, error);
  }

  /** Takes an invocation out; false where it was over already. */
  #end(request: number): boolean {
    const running = this.#running.get(request);
    if (running?.parts?.isWhole === false) this.#cutOff(request);
    return this.#running.delete(request);
  }

  #cutOff(request: number): void {
    this.#cut.add(request);
    for (const oldest of this.#cut) {
      if (this.#cut.size <= MAX_CUT) break;
      this.#cut.delete(oldest);
    }
  }

  async #run(request: number, handler: CallHandler, call: IncomingCall): Promise<void> {
    try {
      const result = await handler(call);
      if (!this.#end(request)) return;
      const { args, kwargs } = result ?? {};
      this.#deps.send({ kind: "yield", request, options: {}, args, kwargs });
    } catch (error) {
      if (this.#end(request)) this.#fail(request, this.#mapped(error));
    }
  }

  #mapped(error: unknown): WampError {
    try {
      return this.#deps.mapError(error);
    } catch (thrown) {
      this.#deps.report(thrown);
      return mapAnyError(error);
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

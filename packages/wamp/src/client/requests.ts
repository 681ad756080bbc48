// The client's open requests: which answer belongs to which promise.
import { toWampError, WampError, wampErrors } from "../error.ts";
import type { Message, RequestKind, Result } from "../messages/message.ts";

/** The answers that settle a request. */
export type Answer = Extract<
  Message,
  {
    readonly kind:
      | "result"
      | "published"
      | "subscribed"
      | "unsubscribed"
      | "registered"
      | "unregistered";
  }
>;

interface OpenRequest {
  readonly kind: RequestKind;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Hears results before the last one. */
  readonly onProgress: ((result: Result) => void) | undefined;
}

const answerOf: Readonly<Record<Answer["kind"], RequestKind>> = {
  result: "call",
  published: "publish",
  subscribed: "subscribe",
  unsubscribed: "unsubscribe",
  registered: "register",
  unregistered: "unregister",
};

/** The table of open requests of one session. */
export class Requests {
  readonly #open = new Map<number, OpenRequest>();
  #lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  /** The next id of the session scope: they count up from 1. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Waits for the answer to a request that is sent right after. */
  open<A extends Answer>(
    id: number,
    kind: RequestKind,
    onProgress?: (result: Result) => void,
  ): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      const settle = (answer: Answer) => resolve(answer as A);
      this.#open.set(id, { kind, resolve: settle, reject, onProgress });
    });
  }

  /** Gives a request up: its promise rejects with `error`, a late answer is dropped. */
  abandon(id: number, error: unknown): void {
    const request = this.#open.get(id);
    this.#open.delete(id);
    request?.reject(error);
  }

  /** Takes an answer in; one that belongs to nothing was given up before, and is dropped. */
  settle(message: Message): void {
    if (message.kind === "error") {
      const request = this.#open.get(message.request);
      if (request?.kind !== message.requestKind) return;
      this.#open.delete(message.request);
      request.reject(toWampError(message.error, message, message.details));
      return;
    }
    const answer = message as Answer;
    const request = this.#open.get(answer.request);
    if (!request || request.kind !== answerOf[answer.kind]) return;
    if (answer.kind === "result" && answer.details.progress === true) {
      request.onProgress?.(answer);
      return;
    }
    this.#open.delete(answer.request);
    request.resolve(answer);
  }

  /** Rejects everything that is open: the session is over. */
  rejectAll(reason: string, message: string): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { reject } of open)
      reject(new WampError(wampErrors.networkFailure, message, { details: { reason } }));
  }
}

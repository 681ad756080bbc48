// The callee's side of arguments in parts: they wait here until the handler reads them, so many at most.
import { roughBytes } from "../messages/values.ts";
import { type CallPart, MAX_UNREAD_BYTES, MAX_UNREAD_PARTS } from "./client-session.ts";

/** Parts of one call, read once. */
export class IncomingParts implements AsyncIterable<CallPart> {
  readonly #unread: { readonly part: CallPart; readonly bytes: number }[] = [];
  #bytes = 0;
  #state: "open" | "whole" | "left" | "failed" = "open";
  #error: unknown;
  /** Those who wait for the next one. */
  #readers: (() => void)[] = [];

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  /** Takes one in; false: there is no room for it. */
  push(part: CallPart): boolean {
    if (this.#state !== "open") return true;
    const bytes = roughBytes(part.args) + roughBytes(part.kwargs);
    if (this.#unread.length >= MAX_UNREAD_PARTS || this.#bytes + bytes > MAX_UNREAD_BYTES)
      return false;
    this.#unread.push({ part, bytes });
    this.#bytes += bytes;
    this.#wake();
    return true;
  }

  /** There are no more. */
  finish(): void {
    if (this.#state === "open") this.#state = "whole";
    this.#wake();
  }

  /** There will be no more: whoever reads on gets `error`, also in the place of parts that wait. */
  fail(error: unknown): void {
    if (this.#state !== "left") this.#state = "failed";
    this.#error = error;
    this.#drop();
  }

  [Symbol.asyncIterator](): AsyncIterator<CallPart> {
    return {
      next: () => this.#next(),
      return: () => {
        if (this.#state === "open") this.#state = "left";
        this.#drop();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<CallPart>> {
    for (;;) {
      if (this.#state === "failed") throw this.#error;
      const first = this.#unread.shift();
      if (first) {
        this.#bytes -= first.bytes;
        return { done: false, value: first.part };
      }
      if (this.#state !== "open") return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#readers.push(resolve);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#readers.splice(0)) wake();
  }

  #drop(): void {
    this.#unread.length = 0;
    this.#bytes = 0;
    this.#wake();
  }
}

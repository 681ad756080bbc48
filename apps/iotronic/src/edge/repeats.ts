// Requests that are sent again by a network or a program that did not hear the answer: stated here, so that the HTTP edge knows no
// module.
import type { Actor } from "../policy/index.ts";

/** An answer as it is kept for who asks again. */
export interface KeptAnswer {
  readonly status?: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Repeats {
  /**
   * Does the work once for an actor's key (draft-ietf-httpapi-idempotency-key-header-07): who comes later with the same key and the
   * same `request` gets the answer of the first, marked `replayed`. Throws `request.key-reused` for another request,
   * `request.unsettled` where the first one's answer is not known. Refused work is forgotten: nothing was done.
   */
  once(
    actor: Actor,
    key: string,
    request: string,
    work: () => Promise<KeptAnswer | undefined>,
  ): Promise<{ readonly answer: KeptAnswer | undefined; readonly replayed: boolean }>;
}

// How a module hands its REST endpoints to the HTTP edge: data, so that modules know no server and the server no module.
import type { BodyOf, Endpoint, ParamsOf, Preview, QueryOf, ReplyOf } from "@s4t/contract";
import type { Actor, Scope } from "../policy/index.ts";

/** A request as a verb sees it: already parsed, its actor known, its action allowed somewhere. */
export interface Call<E extends Endpoint> {
  readonly actor: Actor;
  /** Projects that this request may see for the endpoint's action; everything for `cloud` and `self` endpoints. */
  readonly scope: Scope;
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  /** Aborts at the deadline, when the client leaves, and when the cloud stops. */
  readonly signal: AbortSignal;
  /** Number of `If-Match: "7"`, where sent. */
  readonly ifMatch: number | undefined;
  /** Milliseconds of `Prefer: wait=10`, where sent. */
  readonly waitMs: number | undefined;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** What the program that asks calls itself; null where it says nothing, and inside. */
  readonly agent: string | null;
  /** The raw body, for endpoints that take a stream (restore). */
  readonly stream: () => AsyncIterable<Uint8Array>;
}

/** An answer with a status or headers of its own. */
export class Answer<Body> {
  readonly body: Body;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    body: Body,
    options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    this.body = body;
    this.status = options.status;
    this.headers = options.headers ?? {};
  }
}

/** A body that is not JSON: sent as it comes. */
export interface ByteStream {
  readonly mediaType: string;
  readonly fileName: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export type Handler<E extends Endpoint> = (
  call: Call<E>,
) => Promise<
  ReplyOf<E> | Answer<ReplyOf<E>> | (E["reply"] extends { type: "null" } ? undefined : never)
>;

/** An endpoint with what answers it. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly handle: (call: Call<Endpoint>) => Promise<unknown>;
  /** What it would do; absent: it is done and undone where the endpoint has a preview. */
  readonly preview?: ((call: Call<Endpoint>) => Promise<Preview>) | undefined;
}

/** Handlers for all endpoints of a noun: a missing one does not compile. */
export const implement = <Nouns extends Readonly<Record<string, Endpoint>>>(
  noun: Nouns,
  handlers: { readonly [Verb in keyof Nouns]: Handler<Nouns[Verb]> },
  previews: {
    readonly [Verb in keyof Nouns]?: (call: Call<Nouns[Verb]>) => Promise<Preview>;
  } = {},
): readonly Route[] =>
  Object.entries(noun).map(([verb, endpoint]) => ({
    endpoint,
    handle: handlers[verb] as Route["handle"],
    preview: previews[verb] as Route["preview"],
  }));

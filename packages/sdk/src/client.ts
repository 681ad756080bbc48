// The typed client, derived from the contract's table of endpoints: there is no code to generate and nothing to keep in step.
import {
  type BodyOf,
  type Endpoint,
  type ParamsOf,
  type Preview,
  type QueryOf,
  type ReplyOf,
  type Rest,
  rest,
} from "@s4t/contract";
import { type AnyInput, type Bytes, type ClientOptions, send } from "./transport.ts";

/** A member of the input: absent where the endpoint has none, optional where everything in it is. */
type Part<Name extends string, Value> = [Value] extends [undefined]
  ? unknown
  : Record<never, never> extends Value
    ? { readonly [Key in Name]?: Value | undefined }
    : { readonly [Key in Name]: Value };

/** What is optional may also be `undefined`: neither a query nor JSON carries it. */
type Loose<Value> = Value extends object
  ? {
      [Key in keyof Value]: Record<never, never> extends Pick<Value, Key>
        ? Value[Key] | undefined
        : Value[Key];
    }
  : Value;

type MethodPart<E extends Endpoint> = E["method"] extends "POST"
  ? {
      /** The same key makes the same request happen once, however often it is sent. */
      readonly idempotencyKey?: string | undefined;
      /** Seconds that the cloud may hold the answer back until the work has ended. */
      readonly wait?: number | undefined;
    }
  : unknown;

type RevisedPart<E extends Endpoint> = E extends { readonly revised: true }
  ? {
      /** Revision that the change was made from; `request.stale` when it is another by now. */
      readonly ifMatch?: number | undefined;
    }
  : unknown;

/** A PUT without a body of the contract takes bytes. */
type BytesPart<E extends Endpoint> = E["method"] extends "PUT"
  ? [BodyOf<E>] extends [undefined]
    ? { readonly bytes: Bytes }
    : unknown
  : unknown;

type ProjectPart<E extends Endpoint> = E["scope"] extends "project"
  ? { readonly project?: string | undefined }
  : unknown;

/** What a call of this endpoint takes. */
export type InputOf<E extends Endpoint> = Part<"params", ParamsOf<E>> &
  Part<"query", Loose<QueryOf<E>>> &
  Part<"body", Loose<BodyOf<E>>> &
  MethodPart<E> &
  RevisedPart<E> &
  BytesPart<E> &
  ProjectPart<E> & { readonly signal?: AbortSignal | undefined };

/** What a call of this endpoint answers; an endpoint of unknown reply answers bytes. */
export type AnsweredBy<E extends Endpoint> = unknown extends ReplyOf<E> ? Bytes : ReplyOf<E>;

/** The function that asks an endpoint; `Answered`: what it resolves to. */
type Ask<E extends Endpoint, Answered> =
  Record<never, never> extends InputOf<E>
    ? (input?: InputOf<E>) => Promise<Answered>
    : (input: InputOf<E>) => Promise<Answered>;

/** One endpoint as a function. Where it has one, `preview` answers what it would touch and refuse, and changes nothing. */
export type CallOf<E extends Endpoint> = Ask<E, AnsweredBy<E>> &
  (E extends { readonly preview: true } ? { readonly preview: Ask<E, Preview> } : unknown);

/** Every endpoint of the contract as `client.noun.verb(input)`. */
export type Client = {
  readonly [Noun in keyof Rest]: {
    readonly [Verb in keyof Rest[Noun]]: Rest[Noun][Verb] extends Endpoint
      ? CallOf<Rest[Noun][Verb]>
      : never;
  };
};

const callOf = (endpoint: Endpoint, options: ClientOptions) =>
  Object.assign((input: AnyInput = {}) => send(endpoint, input, options), {
    preview: (input: AnyInput = {}) =>
      send(endpoint, { ...input, query: { ...input.query, preview: true } }, options),
  });

/**
 * Makes a client. Every call rejects with an S4tError whose code is of the contract's table.
 *
 * @example
 * const client = createClient({ url: "http://127.0.0.1:8812", auth: token });
 * const { items } = await client.boards.list({ query: { status: "online" } });
 * await client.boards.restart({ params: { uuid: "lamp-7" }, wait: 10 });
 */
export const createClient = (options: ClientOptions): Client => {
  const client: Record<string, Record<string, unknown>> = {};
  for (const [noun, verbs] of Object.entries(rest)) {
    const calls: Record<string, unknown> = {};
    for (const [verb, endpoint] of Object.entries<Endpoint>(verbs))
      calls[verb] = callOf(endpoint, options);
    client[noun] = calls;
  }
  return client as Client;
};

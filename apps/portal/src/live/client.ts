// Typed calls derived from the contract's endpoints: `client.boards.list({query})`.
import {
  type BodyOf,
  type Endpoint,
  fail,
  type ParamsOf,
  PROJECT_HEADER,
  type ProblemDetails,
  type QueryOf,
  type ReplyOf,
  type Rest,
  rest,
} from "@s4t/contract";
import { S4tError } from "@s4t/kit";

type Part<Name extends string, Value> = [Value] extends [undefined]
  ? unknown
  : { readonly [K in Name]: Value };
type OptionalPart<Name extends string, Value> = [Value] extends [undefined]
  ? unknown
  : { readonly [K in Name]?: Value };
interface Options {
  readonly signal?: AbortSignal;
  readonly ifMatch?: number;
  readonly wait?: number;
}
type CallInput<E extends Endpoint> = Part<"params", ParamsOf<E>> &
  OptionalPart<"query", QueryOf<E>> &
  Part<"body", BodyOf<E>> &
  Options;
type Call<E extends Endpoint> = (input?: CallInput<E>) => Promise<ReplyOf<E>>;
export type Client = {
  readonly [Noun in keyof Rest]: {
    readonly [Verb in keyof Rest[Noun]]: Rest[Noun][Verb] extends Endpoint
      ? Call<Rest[Noun][Verb]>
      : never;
  };
};

interface AnyInput extends Options {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

const send = async (
  base: string,
  project: string | undefined,
  endpoint: Endpoint,
  input: AnyInput,
): Promise<unknown> => {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(input.params?.[name] ?? ""),
  );
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const headers: Record<string, string> = { accept: "application/json" };
  if (project !== undefined) headers[PROJECT_HEADER] = project;
  if (input.body !== undefined) headers["content-type"] = "application/json";
  if (input.ifMatch !== undefined) headers["if-match"] = `"${input.ifMatch}"`;
  if (input.wait !== undefined) headers.prefer = `wait=${input.wait}`;
  if (endpoint.method === "POST" && endpoint.action !== "public")
    headers["idempotency-key"] = crypto.randomUUID();
  let response: Response;
  try {
    response = await fetch(url, {
      method: endpoint.method,
      headers,
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
  } catch (cause) {
    if (input.signal?.aborted) throw cause;
    throw fail("cloud.unreachable", { url: base, because: "no connection" }, cause);
  }
  if (response.status === 204) return null;
  const json: unknown = await response.json().catch(() => null);
  if (response.ok) return json;
  const problem = json as ProblemDetails | null;
  throw new S4tError(problem?.code ?? "internal", problem?.title ?? response.statusText, {
    details: { ...problem?.details, reference: problem?.reference },
  });
};

export const createClient = (options: {
  readonly url: string;
  readonly project?: string;
}): Client => {
  const client: Record<string, Record<string, unknown>> = {};
  for (const [noun, verbs] of Object.entries(rest)) {
    const calls: Record<string, unknown> = {};
    for (const [verb, endpoint] of Object.entries(verbs as Record<string, Endpoint>))
      calls[verb] = (input: AnyInput = {}) => send(options.url, options.project, endpoint, input);
    client[noun] = calls;
  }
  return client as Client;
};

// One request: endpoint and input → HTTP → reply or S4tError. It does not retry, except once with a renewed token: whether to
// try again is for the caller, who knows what a second time would mean.
import {
  type Endpoint,
  fail,
  PROBLEM_MEDIA_TYPE,
  PROJECT_HEADER,
  type ProblemDetails,
} from "@s4t/contract";
import { isS4tError, S4tError } from "@s4t/kit";
import { type Auth, tokenOf } from "./auth.ts";

/** The part of `fetch` that is used: the platform's own fits, and so does one over other sockets. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Bytes that go up or come down as they are. */
export type Bytes = ReadableStream<Uint8Array>;

/** Where a client speaks to, and as whom. */
export interface ClientOptions {
  /** Origin of the cloud, `https://host:8812`. */
  readonly url: string;
  readonly auth?: Auth | undefined;
  /** Project of every request that does not name its own: id, name, or `all`. */
  readonly project?: string | undefined;
  readonly fetch?: Fetch | undefined;
  /** Ends every request of this client; one request's own signal ends that one. */
  readonly signal?: AbortSignal | undefined;
}

/** Everything that a request may carry; `client.ts` gives each endpoint only what it has. */
export interface AnyInput {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly bytes?: Bytes | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly ifMatch?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly wait?: number | undefined;
  readonly project?: string | undefined;
}

const addressOf = (url: string, endpoint: Endpoint, input: AnyInput): string => {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input.params?.[name];
    // An empty or dotted segment would name another address than the one that was meant.
    if (value === undefined || value === "" || value === "." || value === "..")
      throw fail("request.invalid", { where: `path/${name}`, because: "must name something" });
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return url.replace(/\/+$/, "") + path + (text === "" ? "" : `?${text}`);
};

const headersOf = (
  endpoint: Endpoint,
  input: AnyInput,
  options: ClientOptions,
  token: string | undefined,
): Record<string, string> => {
  const headers: Record<string, string> = { accept: `application/json, ${PROBLEM_MEDIA_TYPE}` };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const project = input.project ?? options.project;
  if (project !== undefined && endpoint.scope === "project") headers[PROJECT_HEADER] = project;
  if (input.bytes) headers["content-type"] = "application/octet-stream";
  else if (endpoint.body) headers["content-type"] = "application/json";
  if (input.ifMatch !== undefined) headers["if-match"] = `"${input.ifMatch}"`;
  if (input.idempotencyKey !== undefined) headers["idempotency-key"] = input.idempotencyKey;
  if (input.wait !== undefined) headers.prefer = `wait=${input.wait}`;
  return headers;
};

const isProblem = (value: unknown): value is ProblemDetails =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as ProblemDetails).code === "string" &&
  typeof (value as ProblemDetails).title === "string";

/** A refusal as an error. Codes that this version does not know are kept as they came. */
const errorOf = async (response: Response, url: string): Promise<S4tError> => {
  const body: unknown = await response.json().catch(() => undefined);
  if (!isProblem(body))
    return fail("cloud.unreachable", {
      url,
      because: `what answers there is not a cloud (HTTP ${response.status})`,
    });
  const reference = body.reference === undefined ? {} : { reference: body.reference };
  const details = body.details || body.reference ? { ...body.details, ...reference } : undefined;
  return new S4tError(body.code, body.title, { details });
};

/** Why no answer came, in words: the platform hides the reason in `cause`. */
const becauseOf = (error: unknown): string => {
  const cause = (error as { cause?: { code?: string; message?: string } } | undefined)?.cause;
  const code = cause?.code ?? (error as { code?: string }).code;
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the name is not known";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "the connection broke";
  if (code !== undefined && /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code))
    return `its certificate is not trusted (${code})`;
  return code ?? "no connection";
};

const signalOf = (one?: AbortSignal, other?: AbortSignal): AbortSignal | undefined =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other);

const perform = async (
  endpoint: Endpoint,
  input: AnyInput,
  options: ClientOptions,
  token: string | undefined,
): Promise<unknown> => {
  const address = addressOf(options.url, endpoint, input);
  const body = input.bytes ?? (endpoint.body ? JSON.stringify(input.body ?? {}) : undefined);
  const signal = signalOf(input.signal, options.signal);
  const init = {
    method: endpoint.method,
    headers: headersOf(endpoint, input, options, token),
    ...(body === undefined ? {} : { body }),
    ...(input.bytes ? { duplex: "half" } : {}),
    ...(signal ? { signal } : {}),
  };
  try {
    const response = await (options.fetch ?? fetch)(address, init);
    if (!response.ok) throw await errorOf(response, options.url);
    if (response.status === 204) return null;
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("application/octet-stream")) return response.body;
    return await response.json();
  } catch (error) {
    if (isS4tError(error)) throw error;
    if (signal?.aborted)
      throw isS4tError(signal.reason) ? signal.reason : fail("request.canceled", {}, error);
    throw fail("cloud.unreachable", { url: options.url, because: becauseOf(error) }, error);
  }
};

/** Sends one request and answers its reply; throws S4tError, and nothing else. */
export const send = async (
  endpoint: Endpoint,
  input: AnyInput,
  options: ClientOptions,
): Promise<unknown> => {
  const { auth } = options;
  // A public endpoint is for those who have no token yet: asking for one there would go in a circle.
  const token = endpoint.action === "public" ? undefined : await tokenOf(auth);
  try {
    return await perform(endpoint, input, options, token);
  } catch (error) {
    const ended = isS4tError(error, "auth.expired") || isS4tError(error, "auth.required");
    if (!ended || typeof auth !== "object" || !auth.renew || input.bytes) throw error;
    return perform(endpoint, input, options, await auth.renew());
  }
};

// The form of one route of `/identity/v3`, and what its handler is given and gives back.
import type { TokenShown } from "../../edge/identity.ts";
import type { Actor } from "../../policy/index.ts";

/** A request as a handler sees it. */
export interface V3Request {
  readonly actor: Actor;
  readonly params: Readonly<Record<string, string>>;
  /** The last value of each name; `""` where there is none. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Parsed, not yet checked. */
  readonly body: () => unknown;
  readonly header: (name: string) => string | undefined;
  readonly address: string | null;
  /** How the client reaches this cloud. */
  readonly origin: string;
  /** `…/identity/v3`. */
  readonly base: string;
}

/** An answer: its body as JSON, or none. */
export interface V3Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A route. `public`: without a token. */
export interface V3Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Beneath `/v3`, with `:name` for parameters. */
  readonly path: string;
  readonly access: "public" | "actor";
  readonly handle: (request: V3Request) => Promise<V3Answer> | V3Answer;
}

/** A token with the parts of it that only its edge knows. */
export type ShowToken = (
  token: TokenShown,
  request: V3Request,
) => Readonly<Record<string, unknown>>;

// One of the original's 59 endpoints: data, with what answers it.
import type { BodyOf, Endpoint, ParamsOf, QueryOf, ReplyOf } from "@s4t/contract";
import type { Actor } from "../../policy/index.ts";
import type { BoardWatch } from "./watch.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Members = Readonly<Record<string, unknown>>;

/** What is asked of an endpoint of `/api`; the actor, the deadline and, unless said, the project are the request's own. */
export interface Question<E extends Endpoint> {
  readonly params?: ParamsOf<E>;
  readonly query?: QueryOf<E>;
  readonly body?: BodyOf<E>;
  readonly project?: string | undefined;
  readonly ifMatch?: number;
  /** Whether to wait until a board has answered. */
  readonly wait?: boolean;
  readonly bytes?: AsyncIterable<Uint8Array>;
}

/** A request to this edge: its path taken apart, its body an object. */
export interface V1Request {
  readonly actor: Actor;
  /** By name in the path: `board`, `plugin`, … */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Members;
  /** Path of the request without query and trailing slash, `/v1` in front. */
  readonly path: string;
  /** `http://host:8812`: how the client reaches this cloud. */
  readonly base: string;
  /** Name or address out of {@link base}. */
  readonly host: string;
  /** Where boards with the original agent connect; null where none is taken. */
  readonly originals: string | null;
  readonly signal: AbortSignal;
  /** Begins to listen to what a board tells of its target, for so long. */
  watch(board: string, limitMs: number): BoardWatch;
  ask<E extends Endpoint>(endpoint: E, question?: Question<E>): Promise<ReplyOf<E>>;
}

/** One of the 59. */
export interface V1Row {
  /** Numbers of the list of endpoints, as conformance and deviations name it. */
  readonly number: number;
  readonly method: Method;
  /** `/v1/boards/{board}`. */
  readonly path: string;
  /** Of a good answer; 200 unless said. */
  readonly status?: 201 | 204;
  /** Names that the query may have. */
  readonly query?: readonly string[];
  readonly answer: (request: V1Request) => Promise<unknown>;
}

/** What every list may be asked. */
export const listing = ["limit", "marker", "sort_key", "sort_dir", "fields"] as const;

// What an endpoint is: data, from which the server's routes, the SDK's methods, OpenAPI and the policy check are derived.
import type { Static, TObject, TSchema } from "typebox";
import * as Type from "typebox";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who may come to the door at all: `public` needs no sign-in, everything else needs an actor with the endpoint's action. */
export type Access = "public" | "actor";

/** One endpoint of the API. `action` names the row of the policy table; `public` endpoints have the action `public`. */
export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly action: string;
  readonly summary: string;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly reply: TSchema;
  /** Status of a success; 200 unless said. */
  readonly status?: 201 | 202 | 204;
  /** `project`: answers within one project (header `s4t-project`); `cloud`: stands above projects; `self`: about the caller. */
  readonly scope: "project" | "cloud" | "self" | "public";
  /** `If-Match` is heeded: what it changes or removes has a revision. */
  readonly revised?: true;
  /** `?preview=true` answers a `Preview`: what would be touched and refused, and nothing is changed. */
  readonly preview?: true;
  /** The command line and tests show this as a body that works. */
  readonly example?: unknown;
}

/** Declares an endpoint, keeping its exact types. */
export const endpoint = <const E extends Endpoint>(declared: E): E => declared;

type SchemaOf<E extends Endpoint, Key extends "params" | "query" | "body"> = E[Key] extends TSchema
  ? Static<E[Key]>
  : undefined;

/** Path parameters of an endpoint. */
export type ParamsOf<E extends Endpoint> = SchemaOf<E, "params">;
/** Query of an endpoint. */
export type QueryOf<E extends Endpoint> = SchemaOf<E, "query">;
/** Body of an endpoint. */
export type BodyOf<E extends Endpoint> = SchemaOf<E, "body">;
/** What a success answers. */
export type ReplyOf<E extends Endpoint> = Static<E["reply"]>;

/** An object schema that refuses unknown members, as everything that comes in does. */
export const Strict = <Properties extends Parameters<typeof Type.Object>[0]>(
  properties: Properties,
) => Type.Object(properties, { additionalProperties: false });

/** Body of an answer that has none. */
export const Nothing = Type.Null({ description: "No content" });

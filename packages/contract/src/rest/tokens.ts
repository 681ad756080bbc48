import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { projectRoles } from "./session.ts";
import { Description, Name, Page, pageQuery, Time, uuidParams } from "./shared.ts";

/** What a token may be. */
export const tokenKinds = ["session", "program", "token", "identity"] as const;
export type TokenKind = (typeof tokenKinds)[number];

/** A bearer token: a sign-in, or one made for a script. Only its hash is stored. */
export const Token = Type.Object(
  {
    uuid: Uuid("Id"),
    name: Type.String({ description: "What it is for; `sign-in` for sessions" }),
    status: Type.Union([Type.Literal("active"), Type.Literal("expired")]),
    kind: Type.Enum(tokenKinds, {
      description:
        "A person's sign-in, a program's by a credential, a token for a script, or one of the Identity API",
    }),
    user: Uuid("User"),
    createdAt: Time,
    expiresAt: Time,
    lastUsedAt: Type.Union([Time, Type.Null()]),
    address: Type.Union([Type.String(), Type.Null()], { description: "Where it was made from" }),
    agent: Type.Union([Type.String(), Type.Null()], {
      description: "What the program that asked for it calls itself (User-Agent)",
    }),
    current: Type.Boolean({ description: "Whether this request used it" }),
  },
  { $id: "Token" },
);
export type Token = Static<typeof Token>;

/** An application credential: a program signs in with its id and secret, in one project, at most with its role. */
export const Credential = Type.Object(
  {
    uuid: Uuid("Id"),
    name: Type.String(),
    description: Description,
    status: Type.Union([Type.Literal("active"), Type.Literal("expired")]),
    project: Uuid("Project"),
    role: Type.Enum(projectRoles),
    createdAt: Time,
    expiresAt: Type.Union([Time, Type.Null()]),
  },
  { $id: "Credential" },
);
export type Credential = Static<typeof Credential>;

/** Longest life of a token: a year, so that nothing is forgotten for ever. */
export const MAX_TOKEN_LIFE_S = 31_536_000;

const Ended = Type.Object({ ended: Type.Integer({ minimum: 0 }) });

export const tokens = {
  list: endpoint({
    method: "GET",
    path: "/api/tokens",
    action: "token.list",
    scope: "self",
    summary: "My sessions and tokens",
    query: Strict({ ...pageQuery }),
    reply: Page(Token),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/tokens",
    action: "token.create",
    scope: "self",
    summary: "Make a token for a script, with my rights",
    body: Strict({
      name: Name,
      expiresInS: Type.Integer({ minimum: 60, maximum: MAX_TOKEN_LIFE_S }),
    }),
    reply: Type.Object({ secret: Type.String({ description: "Shown once" }), token: Token }),
    status: 201,
    example: { name: "nightly report", expiresInS: 86_400 },
  }),
  endOthers: endpoint({
    method: "DELETE",
    path: "/api/tokens",
    action: "token.end-others",
    scope: "self",
    summary: "End all my sessions but this one; tokens that I made for scripts stay",
    reply: Ended,
  }),
  listOf: endpoint({
    method: "GET",
    path: "/api/users/{uuid}/sessions",
    action: "user.list-sessions",
    scope: "cloud",
    summary: "A user's sessions and tokens",
    params: uuidParams,
    query: Strict({ ...pageQuery }),
    reply: Page(Token),
  }),
  endOf: endpoint({
    method: "DELETE",
    path: "/api/users/{uuid}/sessions",
    action: "user.end-sessions",
    scope: "cloud",
    summary: "End all sessions and tokens of a user",
    params: uuidParams,
    reply: Ended,
  }),
  revoke: endpoint({
    method: "DELETE",
    path: "/api/tokens/{uuid}",
    action: "token.revoke",
    scope: "self",
    summary: "End a session or token now",
    params: uuidParams,
    reply: Nothing,
    status: 204,
  }),
};

export const credentials = {
  list: endpoint({
    method: "GET",
    path: "/api/credentials",
    action: "credential.list",
    scope: "self",
    summary: "My application credentials",
    query: Strict({ ...pageQuery }),
    reply: Page(Credential),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/credentials",
    action: "credential.create",
    scope: "project",
    summary: "Make an application credential for this project",
    body: Strict({
      name: Name,
      description: Type.Optional(Description),
      role: Type.Optional(Type.Enum(projectRoles)),
      expiresInS: Type.Optional(Type.Integer({ minimum: 60, maximum: MAX_TOKEN_LIFE_S })),
    }),
    reply: Type.Object({
      secret: Type.String({ description: "Shown once" }),
      credential: Credential,
    }),
    status: 201,
    example: { name: "dashboard" },
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/credentials/{uuid}",
    action: "credential.remove",
    scope: "self",
    summary: "Remove a credential; its sessions end",
    params: uuidParams,
    reply: Nothing,
    status: 204,
  }),
};

// Delegations: some actions on a board, for somebody outside of its project, until a moment.
import type { Static } from "typebox";
import * as Type from "typebox";
import { DelegableAction, MAX_DELEGATION_DEPTH } from "../delegation.ts";
import { Uuid } from "../ids.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { Page, pageQuery, Time } from "./shared.ts";

/** Most boards that one request delegates. */
export const MAX_BOARDS_PER_DELEGATION = 100;

const Named = (what: string) => Type.Object({ uuid: Uuid(what), name: Type.String() });

/** A delegation, as shown to who gave it and who has it. */
export const Delegation = Type.Object(
  {
    uuid: Uuid("Id"),
    board: Named("Board"),
    /** Whom it was given to. */
    to: Type.Object({
      kind: Type.Enum(["user", "project"]),
      uuid: Uuid("User or project"),
      name: Type.String(),
    }),
    /** Who gave it. */
    by: Named("User"),
    actions: Type.Array(DelegableAction),
    until: Time,
    depth: Type.Integer({ minimum: 0, description: "How often it may be given on" }),
    parent: Type.Union([Uuid("Delegation that it rests on"), Type.Null()]),
    createdAt: Time,
    state: Type.Enum(["active", "expired", "revoked"]),
    statement: Type.String({ description: "What is hashed, in canonical JSON (RFC 8785)" }),
    hash: Type.String({ description: "SHA-256 of the statement; what rests on it names it" }),
  },
  { $id: "Delegation" },
);
export type Delegation = Static<typeof Delegation>;

/** A board that was delegated to the caller: what may be done there, by all delegations of it together. */
export const DelegatedBoard = Type.Object(
  {
    uuid: Uuid("Board"),
    name: Type.String(),
    actions: Type.Array(DelegableAction),
    delegations: Type.Array(
      Type.Object({
        uuid: Uuid("Delegation"),
        actions: Type.Array(DelegableAction),
        until: Time,
        depth: Type.Integer({ minimum: 0 }),
      }),
    ),
  },
  { $id: "DelegatedBoard" },
);
export type DelegatedBoard = Static<typeof DelegatedBoard>;

const given = {
  to: Type.Union([
    Strict({ user: Type.String({ minLength: 1, maxLength: 63, description: "Id, or name" }) }),
    Strict({ project: Type.String({ minLength: 1, maxLength: 63, description: "Id, or name" }) }),
  ]),
  actions: Type.Array(DelegableAction, { minItems: 1, uniqueItems: true }),
  until: Time,
  depth: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_DELEGATION_DEPTH,
      description: "How often it may be given on; 0 unless said: not at all",
    }),
  ),
};
const uuidParams = Strict({
  uuid: Type.String({ minLength: 1, maxLength: 63, description: "Id" }),
});

export const delegations = {
  list: endpoint({
    method: "GET",
    path: "/api/delegations",
    action: "delegation.list",
    scope: "project",
    summary: "List delegations of the project's boards, latest first",
    query: Strict({ ...pageQuery, board: Type.Optional(Uuid("Only of this board")) }),
    reply: Page(Delegation),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/delegations",
    action: "delegation.create",
    scope: "project",
    summary: "Let a user or a project do something on boards, until a moment",
    body: Strict({
      boards: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
        minItems: 1,
        maxItems: MAX_BOARDS_PER_DELEGATION,
        uniqueItems: true,
        description: "Ids, or names",
      }),
      ...given,
    }),
    reply: Type.Object({ items: Type.Array(Delegation) }),
    status: 201,
    example: {
      boards: ["lamp-7"],
      to: { user: "chiara" },
      actions: ["board.show", "board.restart"],
      until: "2030-01-01T00:00:00Z",
    },
  }),
  mine: endpoint({
    method: "GET",
    path: "/api/delegated-boards",
    action: "delegation.mine",
    scope: "self",
    summary: "List boards that were delegated to me, and what I may do there",
    reply: Type.Object({ items: Type.Array(DelegatedBoard) }),
  }),
  pass: endpoint({
    method: "POST",
    path: "/api/delegations/{uuid}/delegations",
    action: "delegation.pass",
    scope: "self",
    summary: "Give on what was delegated to me, in nothing wider",
    params: uuidParams,
    body: Strict(given),
    reply: Delegation,
    status: 201,
    example: {
      to: { user: "piero" },
      actions: ["board.show"],
      until: "2029-01-01T00:00:00Z",
    },
  }),
  revoke: endpoint({
    method: "DELETE",
    path: "/api/delegations/{uuid}",
    action: "delegation.revoke",
    scope: "self",
    summary: "Take a delegation back, or give it back, with everything that rests on it",
    params: uuidParams,
    reply: Nothing,
    status: 204,
  }),
};

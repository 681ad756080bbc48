// Bulk: one action on many boards, as an operation with a result for each. What may be done so is what may be done with one board:
// the endpoint of that is what is called for each, with the same rules and the same record.
import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { MAX_QUERY_LENGTH } from "../query/index.ts";
import { actionNames } from "./bulk-actions.ts";
import { endpoint, Strict } from "./endpoint.ts";
import { Operation, operationStates } from "./operations.ts";
import { Page, Problem, pageQuery, Time, uuidParams } from "./shared.ts";

/** Most boards of one bulk operation: their rows are written in one transaction, which others wait for. */
export const MAX_BULK_BOARDS = 20_000;
/** Most boards that a bulk operation names one by one: a body that is still read at once. */
export const MAX_BULK_NAMES = 1_000;
/** Longest that a bulk operation waits for boards that are away: as long as a job may. */
export const MAX_BULK_WAIT_S = 604_800;
/** Most boards of one bulk operation that are at their turn together. */
export const MAX_BULK_AT_ONCE = 64;
/** As many unless said: enough to hide the way to a board, few enough to stop soon. */
export const DEFAULT_BULK_AT_ONCE = 16;
/** Most boards a second of one project, in all its bulk operations together: the cloud has others to serve. */
export const MAX_BULK_PER_SECOND = 500;

/** Which boards: all that is said has to hold. They are looked up once, when the operation is accepted. */
export const BulkSelection = Strict({
  q: Type.Optional(
    Type.String({ maxLength: MAX_QUERY_LENGTH, description: "A query, as of the list of boards" }),
  ),
  fleet: Type.Optional(
    Type.String({ minLength: 1, maxLength: 63, description: "In this fleet, by id or name" }),
  ),
  boards: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      minItems: 1,
      maxItems: MAX_BULK_NAMES,
      description: "These, by id or name",
    }),
  ),
  again: Type.Optional(
    Strict({
      bulk: Uuid("An earlier bulk operation"),
      status: Type.Optional(
        Type.Array(Type.Enum(operationStates), {
          minItems: 1,
          maxItems: operationStates.length,
          description:
            "Its boards in these states; all that have ended and are not done unless said",
        }),
      ),
    }),
  ),
});
export type BulkSelection = Static<typeof BulkSelection>;

const asked = {
  action: Type.Enum(actionNames),
  selection: BulkSelection,
  params: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[a-z]{1,20}$" }),
      Type.String({ minLength: 1, maxLength: 63 }),
      {
        maxProperties: 4,
        additionalProperties: false,
        description: "What the action's path names besides the board: fleet, plugin, service",
      },
    ),
  ),
  body: Type.Optional(Type.Unknown({ description: "As the action takes it for one board" })),
  waitS: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_BULK_WAIT_S,
      description:
        "How long a command waits for boards that are away; unless said not at all: `board.offline`",
    }),
  ),
  atOnce: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_BULK_AT_ONCE,
      description: "Boards at their turn together",
    }),
  ),
  perSecond: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_BULK_PER_SECOND,
      description: "Boards a second at most",
    }),
  ),
};

/** A bulk operation: what was asked, and how it stands. */
export const Bulk = Type.Object(
  {
    operation: Operation,
    action: asked.action,
    kind: Type.Enum(["command", "wish"]),
    selection: BulkSelection,
    params: Type.Record(Type.String(), Type.String()),
    body: Type.Unknown(),
    waitUntil: Type.Union([Time, Type.Null()]),
    atOnce: Type.Integer(),
    perSecond: Type.Integer(),
  },
  { $id: "Bulk" },
);
export type Bulk = Static<typeof Bulk>;

/** One board of a bulk operation. */
export const BulkBoard = Type.Object(
  {
    place: Type.Integer({ minimum: 1, description: "Its turn" }),
    board: Uuid("Board"),
    name: Type.String({ description: "As it was when the operation was accepted" }),
    status: Type.Enum(operationStates),
    operation: Type.Union([Uuid("Its own operation, of commands that have one"), Type.Null()]),
    startedAt: Type.Union([Time, Type.Null()]),
    endedAt: Type.Union([Time, Type.Null()]),
    result: Type.Unknown({ description: "What the board answered; null where that is nothing" }),
    problem: Type.Union([Problem, Type.Null()]),
  },
  { $id: "BulkBoard" },
);
export type BulkBoard = Static<typeof BulkBoard>;

export const bulk = {
  start: endpoint({
    method: "POST",
    path: "/api/bulk",
    action: "bulk.start",
    scope: "project",
    summary: "Do something with many boards of a project",
    body: Strict(asked),
    reply: Operation,
    status: 202,
    preview: true,
    example: { action: "board.ping", selection: { q: "status:online" } },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/bulk/{uuid}",
    action: "bulk.show",
    scope: "project",
    summary: "What a bulk operation was asked for, and how it stands",
    params: uuidParams,
    reply: Bulk,
  }),
  boards: endpoint({
    method: "GET",
    path: "/api/bulk/{uuid}/boards",
    action: "bulk.show",
    scope: "project",
    summary: "What became of each board, in the order of their turns",
    params: uuidParams,
    query: Strict({
      ...pageQuery,
      status: Type.Optional(
        Type.String({ maxLength: 100, description: "One or more states, with commas" }),
      ),
    }),
    reply: Page(BulkBoard),
  }),
};

import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Strict } from "./endpoint.ts";
import { Page, Problem, pageQueryById, Time, uuidParams } from "./shared.ts";

/** States of an operation. `queued` waits for its board, `unknown`: sent, then the link broke (a late report may settle it for 24 h). */
export const operationStates = [
  "queued",
  "running",
  "done",
  "failed",
  "unknown",
  "expired",
  "canceled",
] as const;
export type OperationState = (typeof operationStates)[number];

/** How many boards of a bulk operation are in which state. */
export const OperationParts = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
    ...(Object.fromEntries(
      operationStates.map((state) => [state, Type.Integer({ minimum: 0 })]),
    ) as Record<OperationState, Type.TInteger>),
  },
  { $id: "OperationParts" },
);
export type OperationParts = Static<typeof OperationParts>;

/** Work that may outlive the request. */
export const Operation = Type.Object(
  {
    uuid: Uuid("Id"),
    name: Type.String({ description: "The action, for example board.restart" }),
    status: Type.Enum(operationStates),
    project: Uuid("Project"),
    parent: Type.Union([Uuid("Operation of which this is a part"), Type.Null()]),
    board: Type.Union([Uuid("Board"), Type.Null()]),
    actor: Type.String({ description: "Name of who asked" }),
    createdAt: Time,
    endedAt: Type.Union([Time, Type.Null()]),
    expiresAt: Type.Union([Time, Type.Null()]),
    result: Type.Unknown({ description: "What the board answered; null until then" }),
    problem: Type.Union([Problem, Type.Null()]),
    parts: Type.Optional(OperationParts),
  },
  { $id: "Operation" },
);
export type Operation = Static<typeof Operation>;

export const operations = {
  list: endpoint({
    method: "GET",
    path: "/api/operations",
    action: "operation.list",
    scope: "project",
    summary: "List operations, newest first unless said",
    query: Strict({
      ...pageQueryById,
      parent: Type.Optional(Uuid("Parts of this operation")),
      sort: Type.Optional(Type.Enum(["created", "-created"])),
      board: Type.Optional(Uuid("Of this board")),
      status: Type.Optional(
        Type.String({ maxLength: 100, description: "One or more states, with commas" }),
      ),
    }),
    reply: Page(Operation),
  }),
  show: endpoint({
    method: "GET",
    path: "/api/operations/{uuid}",
    action: "operation.show",
    scope: "project",
    summary: "Show an operation",
    params: uuidParams,
    reply: Operation,
  }),
  cancel: endpoint({
    method: "POST",
    path: "/api/operations/{uuid}/cancel",
    action: "operation.cancel",
    scope: "project",
    summary:
      "Cancel what waits for its board, a plugin's call under way, which is stopped on the board, or the rest of a bulk operation",
    params: uuidParams,
    body: Strict({}),
    reply: Operation,
    example: {},
  }),
};

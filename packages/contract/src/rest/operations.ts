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
      "Cancel what waits for its board, or a plugin's call under way, which is stopped on the board",
    params: uuidParams,
    body: Strict({}),
    reply: Operation,
    example: {},
  }),
};

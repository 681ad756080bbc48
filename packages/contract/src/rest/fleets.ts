// Fleets: boards that belong together. A board has at most one primary fleet, and others in an order of its own.
import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { Board } from "./boards.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { MAX_FLEET_PRIORITY, PRIMARY_PRIORITY } from "./fleet-priority.ts";
import {
  Actions,
  Description,
  Labels,
  Name,
  Page,
  pageQuery,
  resourceMembers,
  uuidParams,
} from "./shared.ts";

/** A fleet. */
export const Fleet = Type.Object(
  {
    ...resourceMembers,
    project: Uuid("Project"),
    description: Description,
    labels: Labels,
    boards: Type.Integer({ minimum: 0, description: "In it, as their primary fleet or another" }),
    actions: Actions,
  },
  { $id: "Fleet" },
);
export type Fleet = Static<typeof Fleet>;

const changeable = {
  description: Type.Optional(Description),
  labels: Type.Optional(Labels),
};

export const fleets = {
  list: endpoint({
    method: "GET",
    path: "/api/fleets",
    action: "fleet.list",
    scope: "project",
    summary: "List fleets by name",
    query: Strict({ ...pageQuery }),
    reply: Page(Fleet),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/fleets",
    action: "fleet.create",
    scope: "project",
    summary: "Make a fleet",
    body: Strict({ name: Name, ...changeable }),
    reply: Fleet,
    status: 201,
    example: { name: "buses" },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/fleets/{uuid}",
    action: "fleet.list",
    scope: "project",
    summary: "Show a fleet",
    params: uuidParams,
    reply: Fleet,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/fleets/{uuid}",
    action: "fleet.update",
    scope: "project",
    summary: "Change name, description or labels",
    params: uuidParams,
    body: Strict({ name: Type.Optional(Name), ...changeable }),
    revised: true,
    reply: Fleet,
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/fleets/{uuid}",
    action: "fleet.remove",
    scope: "project",
    summary: "Remove a fleet that no board is in",
    params: uuidParams,
    revised: true,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
};

const memberParams = Strict({
  uuid: uuidParams.properties.uuid,
  fleet: Type.String({ minLength: 1, maxLength: 63, description: "Fleet id, or name" }),
});
const path = "/api/boards/{uuid}/fleets/{fleet}";

export const fleetMembers = {
  join: endpoint({
    method: "PUT",
    path,
    action: "fleet.join",
    scope: "project",
    summary: "Put a board into a fleet, or change its priority there",
    params: memberParams,
    body: Strict({
      priority: Type.Optional(
        Type.Integer({
          minimum: PRIMARY_PRIORITY,
          maximum: MAX_FLEET_PRIORITY,
          description:
            "0: its primary fleet, in the place of an earlier one. Unless said, as it is; 100 where it is new",
        }),
      ),
    }),
    revised: true,
    preview: true,
    reply: Board,
    example: { priority: 0 },
  }),
  leave: endpoint({
    method: "DELETE",
    path,
    action: "fleet.leave",
    scope: "project",
    summary: "Take a board out of a fleet",
    params: memberParams,
    revised: true,
    preview: true,
    reply: Board,
  }),
};

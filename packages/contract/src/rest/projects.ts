import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { projectRoles } from "./session.ts";
import {
  Actions,
  Description,
  Name,
  Page,
  pageQuery,
  resourceMembers,
  uuidParams,
} from "./shared.ts";

const ProjectRole = Type.Enum(projectRoles);

/** A tenant: everything but users belongs to exactly one. */
export const Project = Type.Object(
  {
    ...resourceMembers,
    status: Type.Literal("active"),
    description: Description,
    boards: Type.Integer({ minimum: 0 }),
    actions: Actions,
  },
  { $id: "Project" },
);
export type Project = Static<typeof Project>;

/** A user's role in a project. */
export const Member = Type.Object(
  { uuid: Uuid("User"), name: Type.String(), status: Type.String(), role: ProjectRole },
  { $id: "Member" },
);
export type Member = Static<typeof Member>;

const memberParams = Strict({
  uuid: uuidParams.properties.uuid,
  user: Type.String({ minLength: 1, maxLength: 63, description: "User id, or name" }),
});

export const projects = {
  list: endpoint({
    method: "GET",
    path: "/api/projects",
    action: "project.list",
    scope: "self",
    summary: "List the projects that I may see",
    query: Strict({ ...pageQuery }),
    reply: Page(Project),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/projects",
    action: "project.create",
    scope: "cloud",
    summary: "Create a project",
    body: Strict({ name: Name, description: Type.Optional(Description) }),
    reply: Project,
    status: 201,
    example: { name: "messina" },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/projects/{uuid}",
    action: "project.show",
    scope: "self",
    summary: "Show a project",
    params: uuidParams,
    reply: Project,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/projects/{uuid}",
    action: "project.update",
    scope: "self",
    summary: "Change a project's name or description",
    params: uuidParams,
    body: Strict({ name: Type.Optional(Name), description: Type.Optional(Description) }),
    revised: true,
    reply: Project,
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/projects/{uuid}",
    action: "project.remove",
    scope: "cloud",
    summary: "Remove a project without boards, plugins and services, with its keys and operations",
    params: uuidParams,
    revised: true,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
  members: endpoint({
    method: "GET",
    path: "/api/projects/{uuid}/members",
    action: "member.list",
    scope: "self",
    summary: "Who has which role in a project",
    params: uuidParams,
    query: Strict({ ...pageQuery }),
    reply: Page(Member),
  }),
  setMember: endpoint({
    method: "PUT",
    path: "/api/projects/{uuid}/members/{user}",
    action: "member.set",
    scope: "self",
    summary: "Give a user a role in a project",
    params: memberParams,
    body: Strict({ role: ProjectRole }),
    reply: Member,
    example: { role: "user" },
  }),
  removeMember: endpoint({
    method: "DELETE",
    path: "/api/projects/{uuid}/members/{user}",
    action: "member.remove",
    scope: "self",
    summary: "Take a user's role in a project away",
    params: memberParams,
    reply: Nothing,
    status: 204,
  }),
};

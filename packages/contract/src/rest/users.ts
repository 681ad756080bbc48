import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { MailAddress } from "./recovery.ts";
import { Role } from "./session.ts";
import { Actions, Name, Page, pageQuery, resourceMembers, Time, uuidParams } from "./shared.ts";

/** A person or program that signs in. */
export const User = Type.Object(
  {
    ...resourceMembers,
    status: Type.Union([Type.Literal("active"), Type.Literal("disabled")]),
    admin: Type.Boolean({ description: "Administrator of the whole cloud" }),
    mail: Type.Union([Type.String(), Type.Null()]),
    mailVerified: Type.Boolean({ description: "Whether the address was proved to be theirs" }),
    secondFactor: Type.Boolean({ description: "Whether their sign-in asks for a second factor" }),
    lastSignInAt: Type.Union([Time, Type.Null()]),
    lockedUntil: Type.Union([Time, Type.Null()], {
      description: "Until when their sign-in is refused after too many wrong tries",
    }),
    projects: Type.Array(Type.Object({ uuid: Uuid("Project"), name: Type.String(), role: Role })),
    actions: Actions,
  },
  { $id: "User" },
);
export type User = Static<typeof User>;

const password = Type.String({ minLength: 1, maxLength: 1_024 });

export const users = {
  list: endpoint({
    method: "GET",
    path: "/api/users",
    action: "user.list",
    scope: "cloud",
    summary: "List users",
    query: Strict({
      ...pageQuery,
      name: Type.Optional(Type.String({ description: "Part of the name" })),
    }),
    reply: Page(User),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/users",
    action: "user.create",
    scope: "cloud",
    summary: "Create a user",
    body: Strict({
      name: Name,
      password,
      mail: Type.Optional(MailAddress),
      admin: Type.Optional(Type.Boolean()),
    }),
    reply: User,
    status: 201,
    example: { name: "chiara", password: "correct horse battery staple" },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/users/{uuid}",
    action: "user.show",
    scope: "cloud",
    summary: "Show a user",
    params: uuidParams,
    reply: User,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/users/{uuid}",
    action: "user.update",
    scope: "cloud",
    summary: "Change a user; a new password or `disabled` ends all their sessions",
    params: uuidParams,
    body: Strict({
      name: Type.Optional(Name),
      mail: Type.Optional(Type.Union([MailAddress, Type.Null()])),
      password: Type.Optional(password),
      admin: Type.Optional(Type.Boolean()),
      status: Type.Optional(Type.Union([Type.Literal("active"), Type.Literal("disabled")])),
    }),
    revised: true,
    reply: User,
  }),
  unlock: endpoint({
    method: "DELETE",
    path: "/api/users/{uuid}/lock",
    action: "user.unlock",
    scope: "cloud",
    summary: "Forget a user's wrong tries: they may sign in at once",
    params: uuidParams,
    reply: Nothing,
    status: 204,
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/users/{uuid}",
    action: "user.remove",
    scope: "cloud",
    summary: "Remove a user, their sessions, tokens and credentials",
    params: uuidParams,
    revised: true,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
};

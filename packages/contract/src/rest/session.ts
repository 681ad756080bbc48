import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { FactorCode } from "./second-factor.ts";
import { Time } from "./shared.ts";

/** Roles within a project, weakest first. */
export const projectRoles = ["auditor", "user", "manager"] as const;
/** Those, and the one above all projects. */
export const Role = Type.Enum(["auditor", "user", "manager", "admin"]);
export type Role = (typeof projectRoles)[number] | "admin";

/** Who is signed in, and what they may reach. */
export const Session = Type.Object(
  {
    user: Type.Object({
      uuid: Uuid("User"),
      name: Type.String(),
      admin: Type.Boolean(),
      mail: Type.Union([Type.String(), Type.Null()]),
      mailVerified: Type.Boolean(),
    }),
    projects: Type.Array(Type.Object({ uuid: Uuid("Project"), name: Type.String(), role: Role })),
    /** The project that requests are about when the header `s4t-project` says nothing. */
    project: Type.Union([Uuid("Default project"), Type.Null()]),
    expiresAt: Type.Union([Time, Type.Null()]),
    /** Actions of the policy table that this actor may do somewhere: what navigation shows. */
    actions: Type.Array(Type.String()),
  },
  { $id: "Session" },
);
export type Session = Static<typeof Session>;

/** What sign-in answers. The same token is set as an HttpOnly cookie for browsers. */
export const SignedIn = Type.Object(
  { token: Type.String({ description: "Bearer token, shown once" }), session: Session },
  { $id: "SignedIn" },
);
export type SignedIn = Static<typeof SignedIn>;

const Secret = Type.String({ minLength: 1, maxLength: 1_024 });

export const sessions = {
  signIn: endpoint({
    method: "POST",
    path: "/api/session",
    action: "public",
    scope: "public",
    summary:
      "Sign in with a password (and a code, where there is a second factor), an application credential, or a one-time link",
    body: Type.Union([
      Strict({
        method: Type.Literal("password"),
        name: Type.String({ maxLength: 63 }),
        password: Secret,
        code: Type.Optional(FactorCode),
      }),
      Strict({
        method: Type.Literal("credential"),
        id: Type.String({ maxLength: 63 }),
        secret: Secret,
      }),
      Strict({ method: Type.Literal("link"), code: Secret }),
      Strict({ method: Type.Literal("oidc"), code: Secret, verifier: Secret }),
    ]),
    reply: SignedIn,
    example: { method: "password", name: "admin", password: "correct horse battery staple" },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/session",
    action: "session.show",
    scope: "self",
    summary: "Who am I, and what may I reach",
    reply: Session,
  }),
  signOut: endpoint({
    method: "DELETE",
    path: "/api/session",
    action: "session.end",
    scope: "self",
    summary: "Sign out: this token ends now",
    reply: Nothing,
    status: 204,
  }),
  changePassword: endpoint({
    method: "PUT",
    path: "/api/session/password",
    action: "session.password",
    scope: "self",
    summary: "Change my password; all my other sessions end",
    body: Strict({ current: Secret, next: Secret }),
    reply: Nothing,
    status: 204,
  }),
};

// What may be sent to `/identity/v3`, member by member; whatever else is in a body is refused.
import { MAX_NAME_LENGTH } from "@s4t/contract";
import type { Static } from "typebox";
import * as Type from "typebox";
import { compileCheck } from "../parse.ts";

const Strict = <Members extends Parameters<typeof Type.Object>[0]>(members: Members) =>
  Type.Object(members, { additionalProperties: false });
/** Names and ids: longer ones than there can be are looked for all the same, and not found. */
const Text = Type.String({ minLength: 1, maxLength: 255 });
const Secret = Type.String({ minLength: 1, maxLength: 1_024 });
const orNull = <Schema extends Type.TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const DomainRef = Strict({ id: Type.Optional(Text), name: Type.Optional(Text) });
const UserRef = {
  id: Type.Optional(Text),
  name: Type.Optional(Text),
  domain: Type.Optional(DomainRef),
};

const AuthBody = Strict({
  auth: Strict({
    // Methods bring members of their own: those of one that is not asked for are not looked at.
    identity: Type.Object({
      methods: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 8 }),
      password: Type.Optional(Strict({ user: Strict({ ...UserRef, password: Secret }) })),
      totp: Type.Optional(Strict({ user: Strict({ ...UserRef, passcode: Secret }) })),
      token: Type.Optional(Strict({ id: Secret })),
      application_credential: Type.Optional(
        Strict({
          id: Type.Optional(Text),
          name: Type.Optional(Text),
          secret: Secret,
          user: Type.Optional(Strict(UserRef)),
        }),
      ),
    }),
    scope: Type.Optional(
      Type.Union([
        Type.Literal("unscoped"),
        Strict({
          project: Type.Optional(
            Strict({
              id: Type.Optional(Text),
              name: Type.Optional(Text),
              domain: Type.Optional(DomainRef),
            }),
          ),
          domain: Type.Optional(DomainRef),
          system: Type.Optional(Strict({ all: Type.Literal(true) })),
          unscoped: Type.Optional(Strict({})),
        }),
      ]),
    ),
  }),
});
/** Body of `POST /auth/tokens`. */
export type AuthBody = Static<typeof AuthBody>;

const CredentialBody = Strict({
  application_credential: Strict({
    name: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH }),
    description: orNull(Type.String({ maxLength: 1_000 })),
    expires_at: orNull(Type.String({ maxLength: 64 })),
    roles: orNull(
      Type.Array(Strict({ id: Type.Optional(Text), name: Type.Optional(Text) }), { maxItems: 32 }),
    ),
    // What cannot be had is known by name, so that it is refused and not passed over.
    secret: orNull(Type.String()),
    unrestricted: orNull(Type.Boolean()),
    access_rules: orNull(Type.Array(Type.Unknown(), { maxItems: 100 })),
    project_id: orNull(Text),
  }),
});
/** Body of `POST /users/{id}/application_credentials`. */
export type CredentialBody = Static<typeof CredentialBody>;

const PasswordBody = Strict({ user: Strict({ original_password: Secret, password: Secret }) });
/** Body of `POST /users/{id}/password`. */
export type PasswordBody = Static<typeof PasswordBody>;

const checkAuth = compileCheck(AuthBody);
const checkCredential = compileCheck(CredentialBody);
const checkPassword = compileCheck(PasswordBody);

/** Each throws `request.invalid`, saying where and why. */
export const authBodyOf = (body: unknown): AuthBody => checkAuth(body, "body") as AuthBody;
export const credentialBodyOf = (body: unknown): CredentialBody =>
  checkCredential(body, "body") as CredentialBody;
export const passwordBodyOf = (body: unknown): PasswordBody =>
  checkPassword(body, "body") as PasswordBody;

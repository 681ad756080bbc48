import type { Static } from "typebox";
import * as Type from "typebox";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { Time, uuidParams } from "./shared.ts";

/** Longest code that is looked at: ours have 6 digits, or 19 characters for recovery, and people add blanks. */
export const MAX_CODE_LENGTH = 64;

/** A code of an authenticator app (RFC 6238), or a recovery code. */
export const FactorCode = Type.String({
  minLength: 1,
  maxLength: MAX_CODE_LENGTH,
  description: "Six digits of an authenticator app, or a recovery code",
});

/** How it stands with a person's second factor. */
export const SecondFactor = Type.Object(
  {
    status: Type.Union([Type.Literal("off"), Type.Literal("pending"), Type.Literal("on")], {
      description: "`pending`: its secret was shown, and no code of it came back yet",
    }),
    since: Type.Union([Time, Type.Null()]),
    recoveryCodesLeft: Type.Integer({ minimum: 0 }),
  },
  { $id: "SecondFactor" },
);
export type SecondFactor = Static<typeof SecondFactor>;

const RecoveryCodes = Type.Object({
  recoveryCodes: Type.Array(Type.String(), {
    description: "Each signs in once in the place of a code; shown once",
  }),
});
const codeBody = Strict({ code: FactorCode });

export const secondFactor = {
  show: endpoint({
    method: "GET",
    path: "/api/session/second-factor",
    action: "second-factor.show",
    scope: "self",
    summary: "Whether my sign-in asks for a second factor",
    reply: SecondFactor,
  }),
  begin: endpoint({
    method: "PUT",
    path: "/api/session/second-factor",
    action: "second-factor.begin",
    scope: "self",
    summary: "Make the secret of a second factor; it counts once a code of it was confirmed",
    body: Strict({ password: Type.String({ minLength: 1, maxLength: 1_024 }) }),
    reply: Type.Object({
      secret: Type.String({ description: "Base 32, for an authenticator app; shown once" }),
      uri: Type.String({ description: "The same as a picture for one (otpauth://)" }),
    }),
  }),
  confirm: endpoint({
    method: "PUT",
    path: "/api/session/second-factor/confirmed",
    action: "second-factor.confirm",
    scope: "self",
    summary: "Prove the second factor by a code: from now on sign-in by password asks for one",
    body: codeBody,
    reply: RecoveryCodes,
  }),
  renewCodes: endpoint({
    method: "PUT",
    path: "/api/session/second-factor/recovery-codes",
    action: "second-factor.renew-codes",
    scope: "self",
    summary: "Get new recovery codes; the old ones are good for nothing",
    body: codeBody,
    reply: RecoveryCodes,
  }),
  remove: endpoint({
    method: "PUT",
    path: "/api/session/second-factor/removed",
    action: "second-factor.remove",
    scope: "self",
    summary: "Sign in without a second factor again",
    body: codeBody,
    reply: Nothing,
    status: 204,
  }),
  reset: endpoint({
    method: "DELETE",
    path: "/api/users/{uuid}/second-factor",
    action: "user.reset-second-factor",
    scope: "cloud",
    summary: "Take a user's second factor away, who has lost it; their sessions end",
    params: uuidParams,
    reply: Nothing,
    status: 204,
  }),
};

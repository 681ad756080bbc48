import type { Static } from "typebox";
import * as Type from "typebox";
import { endpoint, Nothing, Strict } from "./endpoint.ts";

/** Languages that the cloud writes to people in. */
export const languages = ["en", "it"] as const;
export type Language = (typeof languages)[number];

/** A mail address, as far as anything but a letter can tell. */
export const MailAddress = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@,;:<>()\\[\\]\\\\"]+@[^\\s@,;:<>()\\[\\]\\\\"]+$',
});

const language = Type.Optional(Type.Enum(languages, { description: "Of the letter" }));
const code = Type.String({
  minLength: 1,
  maxLength: 256,
  description: "What is after the # of a link",
});
const password = Type.String({ minLength: 1, maxLength: 1_024 });

/** Ways to sign in that this cloud offers besides name and password. */
export const WaysIn = Type.Object(
  {
    lostPassword: Type.Boolean({ description: "Whether a link for a new password can be sent" }),
    oidc: Type.Array(Type.Object({ name: Type.String(), title: Type.String() }), {
      description: "Providers of OpenID Connect; a browser goes to /api/oidc/NAME",
    }),
  },
  { $id: "WaysIn" },
);
export type WaysIn = Static<typeof WaysIn>;

export const waysIn = {
  show: endpoint({
    method: "GET",
    path: "/api/ways-in",
    action: "public",
    scope: "public",
    summary: "How one can sign in here",
    reply: WaysIn,
  }),
};

export const passwordResets = {
  ask: endpoint({
    method: "POST",
    path: "/api/password-resets",
    action: "public",
    scope: "public",
    summary:
      "Ask for a link that sets a new password; the answer is the same whoever has the address",
    body: Strict({ mail: MailAddress, language }),
    reply: Nothing,
    status: 204,
    example: { mail: "chiara@example.org" },
  }),
  redeem: endpoint({
    method: "POST",
    path: "/api/password-resets/redeemed",
    action: "public",
    scope: "public",
    summary: "Set a new password by such a link; all sessions end",
    body: Strict({ code, password, language }),
    reply: Nothing,
    status: 204,
  }),
};

export const mailAddresses = {
  change: endpoint({
    method: "PUT",
    path: "/api/session/mail",
    action: "session.mail",
    scope: "self",
    summary:
      "Have a link sent to an address, which is mine once that was opened; null takes mine away",
    body: Strict({ mail: Type.Union([MailAddress, Type.Null()]), password, language }),
    reply: Nothing,
    status: 204,
  }),
  confirm: endpoint({
    method: "POST",
    path: "/api/mail-confirmations",
    action: "public",
    scope: "public",
    summary: "Prove an address by the link that was sent there",
    body: Strict({ code }),
    reply: Nothing,
    status: 204,
  }),
};

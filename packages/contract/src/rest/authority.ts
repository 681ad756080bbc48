import { type Static, Type } from "typebox";
import { endpoint, Strict } from "./endpoint.ts";
import { Time } from "./shared.ts";

/** The authority that vouches for this cloud beyond loopback. */
export const Authority = Type.Object(
  {
    certificate: Type.String({ description: "PEM" }),
    fingerprint: Type.String({
      description: "SHA-256 of its public key (SubjectPublicKeyInfo, DER), hex",
    }),
    expiresAt: Time,
    /** Fingerprints of the authorities before it, newest first: who trusts one of them is led here. */
    earlier: Type.Array(Type.String()),
  },
  { $id: "Authority" },
);
export type Authority = Static<typeof Authority>;

export const authority = {
  show: endpoint({
    method: "GET",
    path: "/api/authority",
    action: "public",
    scope: "public",
    summary: "The authority that vouches for this cloud beyond loopback",
    reply: Authority,
  }),
  replace: endpoint({
    method: "POST",
    path: "/api/authority",
    action: "cloud.authority",
    scope: "cloud",
    summary: "Make a new authority, signed under the present one; boards follow by themselves",
    body: Strict({}),
    reply: Authority,
    status: 201,
    example: {},
  }),
};

import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { endpoint, Strict } from "./endpoint.ts";
import { Page, pageQuery, Time } from "./shared.ts";

/** One entry of the audit log: who did what to what, and how it ended. */
export const AuditEntry = Type.Object(
  {
    index: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "Place in the log; null for at most a second",
    }),
    uuid: Uuid("Id"),
    name: Type.String({ description: "The action, for example board.create" }),
    status: Type.Enum(["done", "denied", "failed"]),
    at: Time,
    actor: Type.Object({
      kind: Type.String(),
      uuid: Type.Union([Type.String(), Type.Null()]),
      name: Type.String(),
    }),
    project: Type.Union([Uuid("Project"), Type.Null()]),
    resource: Type.Union([
      Type.Object({
        noun: Type.String(),
        uuid: Type.String(),
        name: Type.Union([Type.String(), Type.Null()]),
      }),
      Type.Null(),
    ]),
    address: Type.Union([Type.String(), Type.Null()]),
    facts: Type.Record(Type.String(), Type.Unknown()),
    /** SHA-256 of salt and canonical payload: the leaf of the Merkle tree (RFC 6962). */
    leaf: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: "AuditEntry" },
);
export type AuditEntry = Static<typeof AuditEntry>;

/** A signed head of the log. */
export const AuditHead = Type.Object(
  {
    size: Type.Integer({ minimum: 0 }),
    root: Type.String(),
    at: Time,
    key: Type.String({ description: "Public key that signed, hex" }),
    signature: Type.String(),
  },
  { $id: "AuditHead" },
);
export type AuditHead = Static<typeof AuditHead>;

/** What a verification found. `intact` false: `firstBad` is the first entry that does not match. */
export const AuditVerdict = Type.Object(
  {
    intact: Type.Boolean(),
    size: Type.Integer(),
    head: Type.Union([AuditHead, Type.Null()]),
    witnessed: Type.Integer({ description: "Heads compared with the outside witness" }),
    firstBad: Type.Union([Type.Integer(), Type.Null()]),
    because: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: "AuditVerdict" },
);
export type AuditVerdict = Static<typeof AuditVerdict>;

export const audit = {
  list: endpoint({
    method: "GET",
    path: "/api/audit",
    action: "audit.list",
    scope: "project",
    summary: "The audit log, newest first",
    query: Strict({
      ...pageQuery,
      action: Type.Optional(Type.String({ maxLength: 63 })),
      actor: Type.Optional(Type.String({ maxLength: 63 })),
      resource: Type.Optional(
        Type.String({ maxLength: 63, description: "Id of what was acted on" }),
      ),
      from: Type.Optional(Type.String({ maxLength: 40 })),
      to: Type.Optional(Type.String({ maxLength: 40 })),
    }),
    reply: Page(AuditEntry),
  }),
  head: endpoint({
    method: "GET",
    path: "/api/audit/head",
    action: "audit.head",
    scope: "project",
    summary: "The latest signed head",
    reply: Type.Union([AuditHead, Type.Null()]),
  }),
  verify: endpoint({
    method: "POST",
    path: "/api/audit/verify",
    action: "audit.verify",
    scope: "cloud",
    summary: "Check every entry, every head and the witness",
    body: Strict({}),
    reply: AuditVerdict,
    example: {},
  }),
};

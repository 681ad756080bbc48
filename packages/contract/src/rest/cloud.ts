import type { Static } from "typebox";
import * as Type from "typebox";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { Time } from "./shared.ts";

/** What this cloud is. */
export const About = Type.Object(
  {
    name: Type.String(),
    release: Type.String(),
    contract: Type.Integer(),
    time: Time,
    /** Capabilities that are on: what navigation shows. */
    capabilities: Type.Array(Type.String()),
  },
  { $id: "About" },
);
export type About = Static<typeof About>;

/** One setting as it is in force; secrets are shown as set or not. */
export const Setting = Type.Object(
  {
    name: Type.String(),
    value: Type.Unknown(),
    from: Type.Enum(["default", "argument", "environment", "file"]),
    secret: Type.Boolean(),
    sentence: Type.String(),
  },
  { $id: "Setting" },
);
export type Setting = Static<typeof Setting>;

export const cloud = {
  about: endpoint({
    method: "GET",
    path: "/api/about",
    action: "public",
    scope: "public",
    summary: "What this cloud is",
    reply: About,
  }),
  config: endpoint({
    method: "GET",
    path: "/api/config",
    action: "cloud.config",
    scope: "cloud",
    summary: "Settings in force and where each came from",
    reply: Type.Object({ items: Type.Array(Setting) }),
  }),
  ticket: endpoint({
    method: "POST",
    path: "/api/events/ticket",
    action: "event.read",
    scope: "self",
    summary: "A one-use ticket for the event socket of a browser",
    body: Strict({}),
    reply: Type.Object({ ticket: Type.String(), expiresAt: Time }),
    example: {},
  }),
  backup: endpoint({
    method: "GET",
    path: "/api/backup",
    action: "cloud.backup",
    scope: "cloud",
    summary: "A consistent copy of everything, as one file, while the cloud runs",
    reply: Type.Unknown({ description: "application/octet-stream" }),
  }),
  restore: endpoint({
    method: "PUT",
    path: "/api/backup",
    action: "cloud.restore",
    scope: "cloud",
    summary: "Replace everything by a backup; boards and people reconnect",
    reply: Nothing,
    status: 204,
  }),
};

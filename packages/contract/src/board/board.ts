import type { Static } from "typebox";
import * as Type from "typebox";
import { procedure } from "./procedure.ts";

const empty = Type.Object({});
const text = (maxLength: number) => Type.String({ maxLength });

/** What a board knows about itself. Grows by optional members; a cloud ignores those that it does not know. */
export const BoardInfo = Type.Object(
  {
    hostname: text(255),
    os: text(255),
    kernel: text(255),
    arch: text(32),
    model: Type.Union([text(255), Type.Null()]),
    cpus: Type.Integer({ minimum: 0 }),
    memoryBytes: Type.Integer({ minimum: 0 }),
    runtime: text(64),
    agentVersion: text(64),
    agentStartedAtMs: Type.Integer(),
    bootId: text(64),
    uptimeS: Type.Number({ minimum: 0 }),
    timeZone: Type.Optional(text(64)),
    /** Whether a time service keeps the wall clock: where not, the cloud dates what the board measures. */
    clockSynchronised: Type.Optional(Type.Boolean()),
    interfaces: Type.Array(
      Type.Object({
        name: text(64),
        addresses: Type.Array(text(64), { maxItems: 32 }),
        mac: Type.Union([text(32), Type.Null()]),
      }),
      { maxItems: 64 },
    ),
    /** What can run plugins here, and what holds them: absent where the agent runs none. */
    plugins: Type.Optional(
      Type.Object({
        node: Type.Union([text(32), Type.Null()], { description: "Version" }),
        python: Type.Union([text(32), Type.Null()], { description: "Version" }),
        isolation: Type.Object({
          level: Type.Enum(["full", "kernel", "limits", "none"]),
          ownUser: Type.Boolean({ description: "A system user for each plugin" }),
          limits: Type.Enum(["cgroup2", "cgroup1", "rlimit", "none"]),
          sandbox: Type.Boolean({ description: "Namespaces by bubblewrap" }),
          nodePermissions: Type.Boolean({ description: "Node's permission model" }),
          network: Type.Boolean({
            description: "Whether every plugin can be kept from the network",
          }),
          nodeNetwork: Type.Optional(
            Type.Boolean({
              description:
                "Whether Node plugins can be, by Node's permission model if nothing else",
            }),
          ),
        }),
      }),
    ),
    /** What a shell and files may use, where the owner allows them. */
    access: Type.Optional(
      Type.Object({
        shell: Type.Union([text(64), Type.Null()], { description: "User of the shell" }),
        files: Type.Array(text(255), { maxItems: 32, description: "Folders" }),
        forward: Type.Array(text(300), { maxItems: 64, description: "Endpoints" }),
      }),
    ),
    /** Absent: Lightning-rod. Of the original agent little is known: texts are empty and numbers 0 where it says nothing. */
    agentKind: Type.Optional(Type.Enum(["lightning-rod", "original"])),
    /** Whether `reboot` has a command and may be used. */
    canReboot: Type.Boolean(),
  },
  { $id: "BoardInfo" },
);
export type BoardInfo = Static<typeof BoardInfo>;

/** The feature that every agent has. */
export const board = {
  ping: procedure({
    on: "board",
    name: "board.ping",
    summary: "A sign of life",
    args: Type.Object({ payload: Type.Optional(text(1_024)) }),
    reply: Type.Object({ atMs: Type.Integer(), payload: Type.Optional(text(1_024)) }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
  info: procedure({
    on: "board",
    name: "board.info",
    summary: "What the board knows about itself",
    args: empty,
    reply: BoardInfo,
    timeoutMs: 10_000,
    idempotent: true,
  }),
  restart: procedure({
    on: "board",
    name: "board.restart",
    summary: "End the agent after answering; what started it starts it again",
    args: empty,
    reply: Type.Object({ backWithinS: Type.Integer({ minimum: 0 }) }),
    timeoutMs: 10_000,
    idempotent: false,
  }),
  reboot: procedure({
    on: "board",
    name: "board.reboot",
    summary: "Run the configured reboot command after answering",
    args: empty,
    reply: Type.Object({ backWithinS: Type.Integer({ minimum: 0 }) }),
    timeoutMs: 10_000,
    idempotent: false,
  }),
};

import type { Static } from "typebox";
import * as Type from "typebox";
import {
  MAX_CALL_TIMEOUT_S,
  MAX_PLUGIN_LINE_LENGTH,
  PLUGIN_LINES_KEPT,
  PluginName,
  Sha256,
} from "../plugin.ts";
import { procedure } from "./procedure.ts";

const named = { plugin: PluginName };

/** How a plugin on a board is. `ready`: may be called or started; `failed`: ended by itself, or cannot be prepared. */
export const pluginStates = ["preparing", "ready", "running", "stopping", "failed"] as const;
export type PluginState = (typeof pluginStates)[number];

/** Why a process of a plugin ended. */
export const PluginExit = Type.Object(
  {
    reason: Type.Enum(["finished", "stopped", "failed", "crashed", "memory", "timed-out", "agent"]),
    code: Type.Union([Type.Integer(), Type.Null()]),
    signal: Type.Union([Type.String({ maxLength: 16 }), Type.Null()]),
    sentence: Type.Optional(Type.String({ maxLength: 2_000 })),
    atMs: Type.Integer(),
  },
  { $id: "PluginExit" },
);
export type PluginExit = Static<typeof PluginExit>;

/** A plugin on a board, as the board sees it now. */
export const PluginStatus = Type.Object(
  {
    plugin: PluginName,
    version: Sha256,
    state: Type.Enum(pluginStates),
    pid: Type.Union([Type.Integer(), Type.Null()]),
    startedAtMs: Type.Union([Type.Integer(), Type.Null()]),
    restarts: Type.Integer({ minimum: 0 }),
    calls: Type.Integer({ minimum: 0 }),
    memoryBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    cpuMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    exit: Type.Union([PluginExit, Type.Null()]),
  },
  { $id: "PluginStatus" },
);
export type PluginStatus = Static<typeof PluginStatus>;

/** A line that a plugin wrote. */
export const PluginLine = Type.Object(
  {
    seq: Type.Integer({ minimum: 0, description: "Counts the lines of this plugin on this board" }),
    atMs: Type.Integer(),
    level: Type.Enum(["debug", "info", "warn", "error", "out", "err"]),
    text: Type.String({ maxLength: MAX_PLUGIN_LINE_LENGTH }),
  },
  { $id: "PluginLine" },
);
export type PluginLine = Static<typeof PluginLine>;

/** How long live lines go on without being asked for again. */
export const PLUGIN_LINES_LEASE_S = 60;

/** Plugins on a board: called, started, stopped, listened to. What is injected is the target's section `plugins`. */
export const plugins = {
  call: procedure({
    on: "board",
    name: "plugins.call",
    summary: "Call a synchronous plugin; cancelling the call cancels the plugin's work",
    args: Type.Object({
      ...named,
      /** Over the defaults and what the board keeps. */
      parameters: Type.Record(Type.String(), Type.Unknown()),
      timeoutMs: Type.Integer({ minimum: 1, maximum: MAX_CALL_TIMEOUT_S * 1_000 }),
    }),
    reply: Type.Object({ result: Type.Unknown(), version: Sha256, tookMs: Type.Number() }),
    timeoutMs: (MAX_CALL_TIMEOUT_S + 10) * 1_000,
    idempotent: false,
  }),
  start: procedure({
    on: "board",
    name: "plugins.start",
    summary: "Start an asynchronous plugin",
    args: Type.Object({
      ...named,
      parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
    reply: PluginStatus,
    timeoutMs: 20_000,
    idempotent: false,
  }),
  stop: procedure({
    on: "board",
    name: "plugins.stop",
    summary: "Stop an asynchronous plugin: asked first, killed when it does not listen",
    args: Type.Object(named),
    reply: PluginStatus,
    timeoutMs: 30_000,
    idempotent: true,
  }),
  restart: procedure({
    on: "board",
    name: "plugins.restart",
    summary: "Stop and start an asynchronous plugin",
    args: Type.Object(named),
    reply: PluginStatus,
    timeoutMs: 40_000,
    idempotent: false,
  }),
  status: procedure({
    on: "board",
    name: "plugins.status",
    summary: "How a plugin is now",
    args: Type.Object(named),
    reply: PluginStatus,
    timeoutMs: 10_000,
    idempotent: true,
  }),
  lines: procedure({
    on: "board",
    name: "plugins.lines",
    summary: "The last lines that a plugin wrote",
    args: Type.Object({
      ...named,
      count: Type.Integer({ minimum: 1, maximum: PLUGIN_LINES_KEPT }),
    }),
    reply: Type.Object({ lines: Type.Array(PluginLine), dropped: Type.Integer({ minimum: 0 }) }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
  /** Asked again while somebody reads; the board stops by itself when nobody asks. */
  follow: procedure({
    on: "board",
    name: "plugins.follow",
    summary: "Report lines as they are written for `leaseS` seconds from now; 0 ends it",
    args: Type.Object({ ...named, leaseS: Type.Integer({ minimum: 0, maximum: 3_600 }) }),
    reply: Type.Object({}),
    timeoutMs: 10_000,
    idempotent: true,
  }),
};

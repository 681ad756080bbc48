// Plugins: their versions in the project, and their life on a board.
import type { Static } from "typebox";
import * as Type from "typebox";
import { PluginExit, PluginLine, PluginStatus, pluginStates } from "../board/plugins.ts";
import { Uuid } from "../ids.ts";
import {
  MAX_CALL_TIMEOUT_S,
  PLUGIN_LINES_KEPT,
  PluginManifest,
  PluginName,
  PluginSignature,
  pluginModes,
  pluginRuntimes,
  Sha256,
} from "../plugin.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import { Operation } from "./operations.ts";
import {
  Actions,
  Description,
  Labels,
  Page,
  Problem,
  pageQuery,
  resourceMembers,
  Time,
  uuidParams,
} from "./shared.ts";

/** A version of a plugin: immutable. */
export const PluginVersion = Type.Object(
  {
    version: Sha256,
    number: Type.Integer({ minimum: 1, description: "Counts the plugin's versions" }),
    manifest: PluginManifest,
    signature: Type.Union([PluginSignature, Type.Null()], {
      description: "By the project's present key; null: it has to be signed before boards run it",
    }),
    createdAt: Time,
    createdBy: Type.String(),
  },
  { $id: "PluginVersion" },
);
export type PluginVersion = Static<typeof PluginVersion>;

/** A plugin. */
export const Plugin = Type.Object(
  {
    ...resourceMembers,
    name: PluginName,
    project: Uuid("Project"),
    description: Description,
    labels: Labels,
    runtime: Type.Enum(pluginRuntimes),
    mode: Type.Enum(pluginModes),
    latest: PluginVersion,
    boards: Type.Integer({ minimum: 0, description: "Boards that it is injected into" }),
    actions: Actions,
  },
  { $id: "Plugin" },
);
export type Plugin = Static<typeof Plugin>;

const parameters = Type.Record(Type.String(), Type.Unknown());

/** A plugin on a board: wished, and as it is. */
export const Injection = Type.Object(
  {
    plugin: Type.Object({
      uuid: Uuid("Plugin"),
      name: PluginName,
      runtime: Type.Enum(pluginRuntimes),
      mode: Type.Enum(pluginModes),
    }),
    board: Type.Object({ uuid: Uuid("Board"), name: Type.String() }),
    unsigned: Type.Optional(
      Type.Boolean({
        description:
          "The board runs the original agent: it gets the source as it is and checks no signature",
      }),
    ),
    version: Sha256,
    number: Type.Integer(),
    onBoot: Type.Boolean(),
    restart: Type.Enum(["no", "on-failure"]),
    parameters,
    /** The entry of the target. */
    entry: Type.Object({
      state: Type.Enum(["waiting", "reached", "failed"]),
      problem: Type.Union([Problem, Type.Null()]),
    }),
    /** As the board last reported; null before the first word. */
    state: Type.Union([Type.Enum(pluginStates), Type.Null()]),
    since: Type.Union([Time, Type.Null()]),
    exit: Type.Union([PluginExit, Type.Null()]),
    updatedAt: Time,
    actions: Actions,
  },
  { $id: "Injection" },
);
export type Injection = Static<typeof Injection>;

const versionInput = {
  manifest: PluginManifest,
  signature: Type.Optional(PluginSignature),
};

const versionParams = Strict({
  uuid: uuidParams.properties.uuid,
  version: Type.String({
    pattern: "^(?:[0-9a-f]{8,64}|[1-9][0-9]{0,8}|latest)$",
    description: "Id (or its beginning), number, or `latest`",
  }),
});

export const plugins = {
  list: endpoint({
    method: "GET",
    path: "/api/plugins",
    action: "plugin.list",
    scope: "project",
    summary: "List plugins",
    query: Strict({
      ...pageQuery,
      text: Type.Optional(Type.String({ maxLength: 100, description: "Part of the name" })),
    }),
    reply: Page(Plugin),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/plugins",
    action: "plugin.create",
    scope: "project",
    summary: "Create a plugin with its first version; its blob is there already",
    body: Strict({
      ...versionInput,
      description: Type.Optional(Description),
      labels: Type.Optional(Labels),
    }),
    reply: Plugin,
    status: 201,
  }),
  show: endpoint({
    method: "GET",
    path: "/api/plugins/{uuid}",
    action: "plugin.show",
    scope: "project",
    summary: "Show a plugin",
    params: uuidParams,
    reply: Plugin,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/plugins/{uuid}",
    action: "plugin.update",
    scope: "project",
    summary: "Change description or labels",
    params: uuidParams,
    body: Strict({ description: Type.Optional(Description), labels: Type.Optional(Labels) }),
    revised: true,
    reply: Plugin,
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/plugins/{uuid}",
    action: "plugin.remove",
    scope: "project",
    summary: "Remove a plugin that is on no board",
    params: uuidParams,
    revised: true,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
  versions: endpoint({
    method: "GET",
    path: "/api/plugins/{uuid}/versions",
    action: "plugin.show",
    scope: "project",
    summary: "List the versions of a plugin, newest first",
    params: uuidParams,
    query: Strict({ ...pageQuery }),
    reply: Page(PluginVersion),
  }),
  addVersion: endpoint({
    method: "POST",
    path: "/api/plugins/{uuid}/versions",
    action: "plugin.create",
    scope: "project",
    summary:
      "Add a version, and say of the plugin what is said with it; one that is there already is answered as it is",
    params: uuidParams,
    body: Strict({
      ...versionInput,
      description: Type.Optional(Description),
      labels: Type.Optional(Labels),
    }),
    revised: true,
    reply: PluginVersion,
    status: 201,
  }),
  version: endpoint({
    method: "GET",
    path: "/api/plugins/{uuid}/versions/{version}",
    action: "plugin.show",
    scope: "project",
    summary: "Show a version",
    params: versionParams,
    reply: PluginVersion,
  }),
  removeVersion: endpoint({
    method: "DELETE",
    path: "/api/plugins/{uuid}/versions/{version}",
    action: "plugin.remove",
    scope: "project",
    summary:
      "Remove a version that is on no board and is not the latest: its bytes count no longer",
    params: versionParams,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
  sign: endpoint({
    method: "PUT",
    path: "/api/plugins/{uuid}/versions/{version}/signature",
    action: "plugin.create",
    scope: "project",
    summary: "Store the owner's signature of a version",
    params: versionParams,
    body: PluginSignature,
    reply: PluginVersion,
  }),
  content: endpoint({
    method: "GET",
    path: "/api/plugins/{uuid}/versions/{version}/content",
    action: "plugin.source",
    scope: "project",
    summary: "The blob of a version",
    params: versionParams,
    reply: Type.Unknown({ description: "application/octet-stream" }),
  }),
  boards: endpoint({
    method: "GET",
    path: "/api/plugins/{uuid}/boards",
    action: "plugin.show",
    scope: "project",
    summary: "Boards that a plugin is on",
    params: uuidParams,
    query: Strict({ ...pageQuery }),
    reply: Page(Injection),
  }),
};

const injectionParams = Strict({
  uuid: uuidParams.properties.uuid,
  plugin: Type.String({ minLength: 1, maxLength: 63, description: "Plugin id, or name" }),
});
const path = "/api/boards/{uuid}/plugins/{plugin}";

const act = (verb: "start" | "stop" | "restart", summary: string) =>
  endpoint({
    method: "POST",
    path: `${path}/${verb}`,
    action: `injection.${verb}`,
    scope: "project",
    summary,
    params: injectionParams,
    body: verb === "start" ? Strict({ parameters: Type.Optional(parameters) }) : Strict({}),
    reply: Operation,
    example: {},
  });

export const injections = {
  list: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/plugins",
    action: "injection.list",
    scope: "project",
    summary: "Plugins on a board",
    params: uuidParams,
    reply: Type.Object({ items: Type.Array(Injection) }),
  }),
  show: endpoint({
    method: "GET",
    path,
    action: "injection.list",
    scope: "project",
    summary: "Show a plugin on a board",
    params: injectionParams,
    reply: Injection,
  }),
  inject: endpoint({
    method: "PUT",
    path,
    action: "injection.inject",
    scope: "project",
    summary: "Put a plugin on a board, or change how it is there",
    params: injectionParams,
    body: Strict({
      version: Type.Optional(versionParams.properties.version),
      onBoot: Type.Optional(Type.Boolean()),
      restart: Type.Optional(Type.Enum(["no", "on-failure"])),
      parameters: Type.Optional(parameters),
    }),
    preview: true,
    reply: Injection,
    example: {},
  }),
  remove: endpoint({
    method: "DELETE",
    path,
    action: "injection.remove",
    scope: "project",
    summary: "Take a plugin off a board",
    params: injectionParams,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
  call: endpoint({
    method: "POST",
    path: `${path}/call`,
    action: "injection.call",
    scope: "project",
    summary: "Call a synchronous plugin; with `Prefer: wait` the answer holds its result",
    params: injectionParams,
    body: Strict({
      parameters: Type.Optional(parameters),
      timeoutS: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CALL_TIMEOUT_S })),
    }),
    reply: Operation,
    example: {},
  }),
  start: act("start", "Start an asynchronous plugin"),
  stop: act("stop", "Stop an asynchronous plugin"),
  restart: act("restart", "Stop and start an asynchronous plugin"),
  status: endpoint({
    method: "GET",
    path: `${path}/status`,
    action: "injection.list",
    scope: "project",
    summary: "Ask the board how a plugin is, now",
    params: injectionParams,
    reply: PluginStatus,
  }),
  lines: endpoint({
    method: "GET",
    path: `${path}/lines`,
    action: "injection.lines",
    scope: "project",
    summary: "The last lines that a plugin wrote on a board",
    params: injectionParams,
    query: Strict({
      count: Type.Optional(
        Type.Integer({ minimum: 1, maximum: PLUGIN_LINES_KEPT, description: "100 unless said" }),
      ),
    }),
    reply: Type.Object({ lines: Type.Array(PluginLine), dropped: Type.Integer({ minimum: 0 }) }),
  }),
};

/** Bytes by their own hash. */
export const blobs = {
  put: endpoint({
    method: "PUT",
    path: "/blobs/{sha256}",
    action: "blob.put",
    scope: "project",
    summary:
      "Store bytes of a project under their SHA-256; what no version of it names after an hour is removed",
    params: Strict({ sha256: Sha256 }),
    reply: Nothing,
    status: 204,
  }),
};

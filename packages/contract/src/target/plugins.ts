import type { Static } from "typebox";
import * as Type from "typebox";
import { PluginManifest, PluginName, PluginSignature, Sha256 } from "../plugin.ts";

/** Most plugins on one board. */
export const MAX_PLUGINS_PER_BOARD = 100;

/** The section `plugins`: one entry a plugin, its key the plugin's name. */
export const TargetPlugin = Type.Object(
  {
    name: PluginName,
    version: Sha256,
    manifest: PluginManifest,
    signature: PluginSignature,
    /** An asynchronous plugin: whether it starts with the agent, and when it is injected. */
    onBoot: Type.Boolean(),
    /** What happens when it ends by itself with an error. */
    restart: Type.Enum(["no", "on-failure"]),
    /** Kept for this board, over the schema's defaults. */
    parameters: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "TargetPlugin", additionalProperties: false },
);
export type TargetPlugin = Static<typeof TargetPlugin>;

// A plugin's version: a manifest and files. The manifest names every file with size and hash, so its own hash names the whole
// version; the files' bytes travel as one blob, gzip of all files one after another in the manifest's order. There is no archive
// format: a path that leaves the folder, a link or a bomb cannot even be said.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Largest version, unpacked: a board's card and its owner's patience. */
export const MAX_PLUGIN_BYTES = 67_108_864;
/** Largest blob: packed is rarely larger than unpacked, by gzip's own few bytes then. */
export const MAX_BLOB_BYTES = MAX_PLUGIN_BYTES + 65_536;
/** Most files of a version. */
export const MAX_PLUGIN_FILES = 1_000;
/** Longest path of a file, in characters: fits every file system's name with room for the folder before it. */
export const MAX_PLUGIN_PATH_LENGTH = 200;
/** Largest result of a call as JSON: it travels in one frame of the link, with room around it. */
export const MAX_PLUGIN_RESULT_BYTES = 524_288;
/** Largest parameters of a call, or kept for a board, as JSON. */
export const MAX_PLUGIN_PARAMETERS_BYTES = 65_536;
/** Lines of a plugin that its board keeps. */
export const PLUGIN_LINES_KEPT = 1_000;
/** Longest line that is kept; the rest of it is cut. */
export const MAX_PLUGIN_LINE_LENGTH = 4_096;
/** Longest that a call may be given. */
export const MAX_CALL_TIMEOUT_S = 3_600;

/** What can run a plugin. */
export const pluginRuntimes = ["node", "python"] as const;
export type PluginRuntime = (typeof pluginRuntimes)[number];
/** `sync`: called, answers, waits for the next call. `async`: started, runs until it is stopped. */
export const pluginModes = ["sync", "async"] as const;
export type PluginMode = (typeof pluginModes)[number];

const strict = { additionalProperties: false } as const;

export const Sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256, lower-case hex",
});
/** A name that is also a folder, a control group and part of a series' name. */
export const PluginName = Type.String({
  pattern: "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
  description: "Lower-case letters, digits, hyphens; unique within its project",
});
/** A file within a version: relative, forward slashes, no hidden names. */
export const PluginPath = Type.String({
  pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
  maxLength: MAX_PLUGIN_PATH_LENGTH,
});

/** What the kernel holds a plugin to. What is not said has the default. */
export const PluginLimits = Type.Object(
  {
    memoryMiB: Type.Integer({ minimum: 16, maximum: 65_536, default: 256 }),
    cpuPercent: Type.Integer({
      minimum: 1,
      maximum: 6_400,
      default: 100,
      description: "Of one processor",
    }),
    processes: Type.Integer({
      minimum: 1,
      maximum: 1_024,
      default: 64,
      description: "Processes and threads at once; Node alone has about a dozen threads",
    }),
    callS: Type.Integer({
      minimum: 1,
      maximum: MAX_CALL_TIMEOUT_S,
      default: 30,
      description: "Longest call",
    }),
  },
  strict,
);
export type PluginLimits = Static<typeof PluginLimits>;

const AbsolutePath = Type.String({ pattern: "^/[^\\u0000]*$", maxLength: 255 });

/** What a plugin needs beside its own folder and state; everything else is kept from it where the board can. */
export const PluginNeeds = Type.Object(
  {
    network: Type.Boolean({ default: true }),
    children: Type.Boolean({ default: false, description: "Starting other programs" }),
    read: Type.Array(AbsolutePath, { maxItems: 32, default: [] }),
    write: Type.Array(AbsolutePath, { maxItems: 32, default: [] }),
  },
  strict,
);
export type PluginNeeds = Static<typeof PluginNeeds>;

export const defaultPluginLimits: PluginLimits = {
  memoryMiB: 256,
  cpuPercent: 100,
  processes: 64,
  callS: 30,
};
export const defaultPluginNeeds: PluginNeeds = {
  network: true,
  children: false,
  read: [],
  write: [],
};

/** The manifest. Its canonical JSON (RFC 8785) is hashed: the hash is the version's id. */
export const PluginManifest = Type.Object(
  {
    format: Type.Literal(1),
    name: PluginName,
    runtime: Type.Enum(pluginRuntimes),
    entry: PluginPath,
    mode: Type.Enum(pluginModes),
    /** JSON Schema of the parameters, in the words of `parameters.ts`; null: anything goes in. */
    parameters: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    limits: PluginLimits,
    needs: PluginNeeds,
    /** A process for each call, instead of one that stays. */
    isolated: Type.Boolean(),
    files: Type.Array(
      Type.Object(
        {
          path: PluginPath,
          bytes: Type.Integer({ minimum: 0, maximum: MAX_PLUGIN_BYTES }),
          sha256: Sha256,
        },
        strict,
      ),
      { minItems: 1, maxItems: MAX_PLUGIN_FILES },
    ),
    blob: Type.Object(
      { sha256: Sha256, bytes: Type.Integer({ minimum: 1, maximum: MAX_BLOB_BYTES }) },
      strict,
    ),
  },
  { $id: "PluginManifest", additionalProperties: false },
);
export type PluginManifest = Static<typeof PluginManifest>;

/** Who answers for a version: an Ed25519 signature of {@link signedVersionText}. */
export const PluginSignature = Type.Object(
  {
    key: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Ed25519 public key, raw, hex" }),
    signature: Type.String({ pattern: "^[0-9a-f]{128}$" }),
  },
  { $id: "PluginSignature", additionalProperties: false },
);
export type PluginSignature = Static<typeof PluginSignature>;

/** What is signed for a version, as UTF-8: the purpose first, so that no other signature of the key can pass for one. */
export const signedVersionText = (versionId: string): string =>
  `s4t plugin version 1\n${versionId}`;

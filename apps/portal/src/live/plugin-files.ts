// Files of a plugin's version, as texts: read back out of its blob, packed into the next one.
import { createPlugin, packPlugin, unpackPlugin } from "@s4t/sdk";
import { api } from "./api.ts";
import type { Plugin, PluginFile, PluginManifest, PluginVersion } from "./contract.ts";

/** A file as it is shown. Bytes that are no UTF-8 are kept as they are. */
export interface TextFile {
  readonly path: string;
  /** Null: not text. */
  readonly text: string | null;
  readonly bytes: Uint8Array;
}

const asText = (bytes: Uint8Array): string | null => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\u0000") ? null : text;
  } catch {
    return null;
  }
};

/** The files of a version, each checked against the manifest. */
export const readPluginFiles = async (
  plugin: string,
  { version, manifest }: PluginVersion,
  signal: AbortSignal,
): Promise<TextFile[]> => {
  const content = await api().plugins.content({ params: { uuid: plugin, version }, signal });
  const blob = new Uint8Array(await new Response(content).arrayBuffer());
  const files = await unpackPlugin(manifest, blob);
  return files.map(({ path, bytes }) => ({ path, bytes, text: asText(bytes) }));
};

export type ManifestWords = Pick<
  PluginManifest,
  "name" | "runtime" | "mode" | "entry" | "parameters" | "limits" | "needs" | "isolated"
>;

/** Packs and stores a version: the first of its plugin, or its next. */
export const savePlugin = async (
  files: readonly PluginFile[],
  words: ManifestWords,
): Promise<{ readonly plugin: Plugin; readonly version: PluginVersion }> =>
  createPlugin(api(), await packPlugin(files, words));

// Files → a version of a plugin: manifest, id, blob. The same files and words give the same version on the same platform,
// whoever packs them.
import {
  check,
  defaultPluginLimits,
  defaultPluginNeeds,
  fail,
  MAX_PLUGIN_BYTES,
  type PluginLimits,
  PluginManifest,
  type PluginMode,
  type PluginNeeds,
  PluginPath,
  type PluginRuntime,
  requireSoundManifest,
} from "@s4t/contract";
import { isS4tError, type S4tError } from "@s4t/kit";
import { hashOfJson, hexOf } from "./keys.ts";

/** A file of a plugin. */
export interface PluginFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a plugin is, beside its files. */
export interface PackOptions {
  readonly name: string;
  readonly runtime: PluginRuntime;
  readonly mode: PluginMode;
  /** Path of the file that is run. */
  readonly entry: string;
  /** JSON Schema of its parameters; anything goes in without. */
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
  readonly limits?: Partial<PluginLimits> | undefined;
  readonly needs?: Partial<PluginNeeds> | undefined;
  readonly isolated?: boolean | undefined;
}

/** A version that no cloud knows yet. */
export interface PackedPlugin {
  readonly manifest: PluginManifest;
  /** SHA-256 of the canonical manifest. */
  readonly version: string;
  readonly blob: Uint8Array<ArrayBuffer>;
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  hexOf(await crypto.subtle.digest("SHA-256", bytes));

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const through = async (
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of new Blob([bytes]).stream().pipeThrough(transform)) {
    length += part.length;
    if (length > limit) throw fail("plugin.damaged", { because: "it is larger than it says" });
    parts.push(part);
  }
  return joined(parts);
};

/** Id of a version. */
export const versionOf = (manifest: PluginManifest): Promise<string> => hashOfJson(manifest);

/** Throws `plugin.manifest-invalid` for what does not fit the schema, in words about a plugin. */
const requireFit = (manifest: PluginManifest): void => {
  const refuse = (because: string, cause: unknown) =>
    fail("plugin.manifest-invalid", { because }, cause);
  for (const { path } of manifest.files)
    try {
      check(PluginPath, path, "path");
    } catch (error) {
      throw refuse(
        `the file “${path}” is not called by letters, digits, dots, _ and - alone, or begins with a dot`,
        error,
      );
    }
  try {
    check(PluginManifest, manifest, "manifest");
  } catch (error) {
    const { where, because } = (error as S4tError).details as { where: string; because: string };
    throw refuse(`${where.replace(/^manifest\/?/, "")} ${because}`, error);
  }
};

/**
 * Packs files. Throws `plugin.manifest-invalid` where they or the words about them cannot be a plugin.
 *
 * @example
 * const bytes = new TextEncoder().encode("export default (params) => ({ hello: params.name });");
 * const packed = await packPlugin([{ path: "hello.mjs", bytes }], {
 *   name: "hello", runtime: "node", mode: "sync", entry: "hello.mjs",
 * });
 */
export const packPlugin = async (
  files: readonly PluginFile[],
  { name, runtime, mode, entry, parameters = null, limits, needs, isolated = false }: PackOptions,
): Promise<PackedPlugin> => {
  // By code units, so that neither a folder's order nor a language decides.
  const ordered = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (ordered.reduce((sum, { bytes }) => sum + bytes.length, 0) > MAX_PLUGIN_BYTES)
    throw fail("plugin.manifest-invalid", {
      because: `it is larger than ${MAX_PLUGIN_BYTES} bytes`,
    });
  const all = joined(ordered.map(({ bytes }) => bytes));
  const blob = await through(all, new CompressionStream("gzip"), Number.POSITIVE_INFINITY);
  const described: PluginManifest["files"] = [];
  for (const { path, bytes } of ordered)
    described.push({ path, bytes: bytes.length, sha256: await sha256(joined([bytes])) });
  const manifest: PluginManifest = {
    format: 1,
    name,
    runtime,
    entry,
    mode,
    parameters: parameters === null ? null : { ...parameters },
    limits: { ...defaultPluginLimits, ...limits },
    needs: { ...defaultPluginNeeds, ...needs },
    isolated,
    files: described,
    blob: { sha256: await sha256(blob), bytes: blob.length },
  };
  requireFit(manifest);
  requireSoundManifest(manifest);
  return { manifest, version: await versionOf(manifest), blob };
};

/**
 * The files of a version, each held to size and hash of the manifest. Throws `plugin.damaged` at the first byte that is not as
 * it was signed.
 */
export const unpackPlugin = async (
  manifest: PluginManifest,
  blob: Uint8Array<ArrayBuffer>,
): Promise<PluginFile[]> => {
  requireSoundManifest(manifest);
  const damaged = (because: string, cause?: unknown) => fail("plugin.damaged", { because }, cause);
  if ((await sha256(blob)) !== manifest.blob.sha256) throw damaged("its hash is another");
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let all: Uint8Array<ArrayBuffer>;
  try {
    all = await through(blob, new DecompressionStream("gzip"), total);
  } catch (error) {
    throw isS4tError(error) ? error : damaged("it cannot be unpacked", error);
  }
  if (all.length !== total) throw damaged("it is smaller than it says");
  const files: PluginFile[] = [];
  let at = 0;
  for (const { path, bytes, sha256: expected } of manifest.files) {
    const own = all.slice(at, at + bytes);
    at += bytes;
    if ((await sha256(own)) !== expected) throw damaged(`${path} is another`);
    files.push({ path, bytes: own });
  }
  return files;
};

// A version of a plugin out of what the original knows of one, and the other way: packed as anybody packs one.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  MAX_PLUGIN_BYTES,
  type PluginManifest,
  parameterDefaults,
} from "@s4t/contract";
import { Bug } from "@s4t/kit";
import type { Members } from "./row.ts";
import { ENTRY_FILE, filesOf, SOURCE_FILE } from "./worker.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const pack = promisify<Buffer, Buffer>((bytes, done) => gzip(bytes, done));
const unpack = promisify<Buffer, Buffer>((bytes, done) =>
  gunzip(bytes, { maxOutputLength: MAX_PLUGIN_BYTES }, done),
);

/** What the original says of a plugin's code. */
export interface Told {
  readonly source: string;
  readonly callable: boolean;
  /** Parameters with their defaults; undefined: anything goes in. */
  readonly parameters: Members | undefined;
}

/** A version: manifest and blob. */
export const versionOf = async (
  name: string,
  { source, callable, parameters }: Told,
): Promise<{ readonly manifest: PluginManifest; readonly blob: Buffer }> => {
  const files = filesOf(source, callable).map(([path, text]) => ({
    path,
    bytes: Buffer.from(text),
  }));
  const blob = await pack(Buffer.concat(files.map(({ bytes }) => bytes)));
  return {
    blob,
    manifest: {
      format: 1,
      name,
      runtime: "python",
      entry: ENTRY_FILE,
      mode: callable ? "sync" : "async",
      parameters: parameters
        ? {
            type: "object",
            properties: Object.fromEntries(
              Object.entries(parameters).map(([key, value]) => [key, { default: value }]),
            ),
          }
        : null,
      limits: defaultPluginLimits,
      // Plugins of the original start programs as they like.
      needs: { ...defaultPluginNeeds, children: true },
      isolated: false,
      files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: sha256(bytes) })),
      blob: { sha256: sha256(blob), bytes: blob.length },
    },
  };
};

const written = ({ files, entry }: PluginManifest): string =>
  files.some(({ path }) => path === SOURCE_FILE) ? SOURCE_FILE : entry;

/** How large the file is that `sourceIn` gives, and how much is unpacked for it. */
export const sizesOf = (manifest: PluginManifest) => {
  const wanted = written(manifest);
  return {
    sourceBytes: manifest.files.find(({ path }) => path === wanted)?.bytes ?? 0,
    unpackedBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};

/** The one file of a version that a person wrote: of a plugin that was made otherwise its entry. */
export const sourceIn = async (
  manifest: PluginManifest,
  blob: AsyncIterable<Uint8Array>,
): Promise<string> => {
  const wanted = written(manifest);
  const pieces: Uint8Array[] = [];
  for await (const piece of blob) pieces.push(piece);
  const bytes = await unpack(Buffer.concat(pieces));
  let at = 0;
  for (const file of manifest.files) {
    if (file.path === wanted) return bytes.subarray(at, at + file.bytes).toString();
    at += file.bytes;
  }
  throw new Bug(`a version without ${wanted}`);
};

/** Parameters as the original shows them: by name, with their defaults. */
export const parametersIn = ({ parameters }: PluginManifest): Members => {
  const properties = (parameters?.properties ?? {}) as Members;
  const names = Object.fromEntries(Object.keys(properties).map((name) => [name, null]));
  return { ...names, ...parameterDefaults(parameters) };
};

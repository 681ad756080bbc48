// What a manifest's schema cannot say. Apart from the schema: who only speaks with a cloud need not carry it.
import { fail } from "./errors/index.ts";
import { parameterSchemaFault } from "./parameters.ts";
import { MAX_PLUGIN_BYTES, type PluginManifest } from "./plugin.ts";

/** Why files cannot be one version, or undefined. */
const filesFault = ({
  files,
  entry,
}: Pick<PluginManifest, "files" | "entry">): string | undefined => {
  const paths = files.map(({ path }) => path);
  const all = new Set(paths);
  if (all.size < paths.length) return "a path is named twice";
  if (!all.has(entry)) return `the entry ${entry} is not among the files`;
  for (const path of paths)
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1))
      if (all.has(path.slice(0, at))) return `${path.slice(0, at)} is a file and a folder`;
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MAX_PLUGIN_BYTES) return `it is larger than ${MAX_PLUGIN_BYTES} bytes`;
  return undefined;
};

/** Throws `plugin.manifest-invalid` for what the schema cannot say: paths that clash, an entry that is not there, its parameters. */
export const requireSoundManifest = (manifest: PluginManifest): void => {
  const because =
    filesFault(manifest) ??
    (manifest.parameters === null ? undefined : parameterSchemaFault(manifest.parameters));
  if (because !== undefined) throw fail("plugin.manifest-invalid", { because });
};

// A packed version → the cloud: its bytes first, then its words. A name that is there already gets another version.
import {
  type blobs,
  fail,
  type Plugin,
  type PluginSignature,
  type PluginVersion,
  type plugins,
} from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import type { CallOf } from "../client.ts";
import { type OwnerKey, signVersion } from "./keys.ts";
import type { PackedPlugin } from "./pack.ts";

/** The part of a client that is needed. */
export interface PluginClient {
  readonly plugins: {
    readonly show: CallOf<typeof plugins.show>;
    readonly create: CallOf<typeof plugins.create>;
    readonly addVersion: CallOf<typeof plugins.addVersion>;
  };
  readonly blobs: { readonly put: CallOf<typeof blobs.put> };
}

export interface CreatePluginOptions {
  readonly description?: string | undefined;
  readonly labels?: Record<string, string> | undefined;
  /** The owner's key, on a sealed project. */
  readonly key?: OwnerKey | undefined;
  readonly project?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface CreatedPlugin {
  readonly plugin: Plugin;
  readonly version: PluginVersion;
  /** Whether the plugin is new, or has a new version, or was there just so. */
  readonly did: "created" | "version-added" | "nothing";
}

/**
 * Stores a packed plugin: a new one, or a new version of the one of that name. Throws what the cloud says, such as
 * `plugin.unsigned` on a sealed project.
 */
export const createPlugin = async (
  client: PluginClient,
  { manifest, version, blob }: PackedPlugin,
  { description, labels, key, project, signal }: CreatePluginOptions = {},
): Promise<CreatedPlugin> => {
  const common = { project, signal };
  const named = { ...common, params: { uuid: manifest.name } };
  const find = async (): Promise<Plugin | undefined> => {
    try {
      return await client.plugins.show(named);
    } catch (error) {
      if (isS4tError(error, "plugin.not-found")) return undefined;
      throw error;
    }
  };
  const signature: PluginSignature | undefined = key && (await signVersion(version, key));
  const body = { manifest, ...(signature ? { signature } : {}) };
  const known = await find();
  const isSame = known?.latest.version === version;
  if (known && isSame && (!signature || known.latest.signature?.key === signature.key))
    return { plugin: known, version: known.latest, did: "nothing" };
  if (!isSame)
    await client.blobs.put({
      ...common,
      params: { sha256: manifest.blob.sha256 },
      bytes: new Blob([blob]).stream(),
    });
  if (!known)
    try {
      const plugin = await client.plugins.create({
        ...common,
        body: { ...body, description, labels },
      });
      return { plugin, version: plugin.latest, did: "created" };
    } catch (error) {
      // Somebody was quicker with the name: then this is its next version.
      if (!isS4tError(error, "plugin.name-taken")) throw error;
    }
  const added = await client.plugins.addVersion({ ...named, body });
  const plugin = await find();
  if (!plugin) throw fail("plugin.not-found");
  return { plugin, version: added, did: "version-added" };
};

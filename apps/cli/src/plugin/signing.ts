// An owner's signatures of a project's versions, each of which was checked here before. As many as one request takes come with the
// key; the rest follows once it is the project's key, one by one.
import { isS4tError } from "@s4t/kit";
import {
  fail,
  MAX_SIGNATURES_AT_ONCE,
  type OwnerKey,
  type Plugin,
  type PluginSignature,
  type PluginVersion,
  paginate,
  signVersion,
  unpackPlugin,
  versionOf,
} from "@s4t/sdk";
import type { Context } from "../context.ts";
import { download } from "./versions.ts";

/** A version with its owner's signature. */
interface SignedVersion {
  readonly plugin: Plugin;
  readonly row: PluginVersion;
  readonly signature: PluginSignature;
}

/** Ids of the versions of a plugin that boards have, or shall have. */
const onBoards = async (
  { client }: Context,
  project: string,
  { uuid, boards }: Plugin,
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  if (boards === 0) return found;
  const asked = { project, params: { uuid }, query: { limit: 200 } };
  for await (const { version } of paginate(client().plugins.boards, asked)) found.add(version);
  return found;
};

/**
 * Signs the versions of a project that are `wanted`, each checked here before: id, bytes, files. Those that boards have come first,
 * then the newest of each plugin. Throws `plugin.damaged` for one that is not what its id says.
 */
export const signAll = async (
  context: Context,
  project: string,
  key: OwnerKey,
  isWanted: (version: PluginVersion) => Promise<boolean>,
): Promise<readonly SignedVersion[]> => {
  const { plugins } = context.client();
  const used: SignedVersion[] = [];
  const others: SignedVersion[] = [];
  for await (const plugin of paginate(plugins.list, { project, query: { limit: 200 } })) {
    const { uuid, name } = plugin;
    const there = await onBoards(context, project, plugin);
    for await (const row of paginate(plugins.versions, {
      project,
      params: { uuid },
      query: { limit: 200 },
    })) {
      if (!(await isWanted(row))) continue;
      if ((await versionOf(row.manifest)) !== row.version)
        throw fail("plugin.damaged", {
          because: `${name} ${row.number} is another than its id says`,
        });
      await unpackPlugin(row.manifest, await download(context, uuid, row.version, project));
      const signature = await signVersion(row.version, key);
      (there.has(row.version) ? used : others).push({ plugin, row, signature });
      context.out.line(`signed ${name}, version ${row.number}`);
    }
  }
  return [...used, ...others.sort((a, b) => b.row.createdAt.localeCompare(a.row.createdAt))];
};

/** The signatures that come with the key. */
export const withKey = (signed: readonly SignedVersion[]): Record<string, string> =>
  Object.fromEntries(
    signed
      .slice(0, MAX_SIGNATURES_AT_ONCE)
      .map(({ row, signature }) => [row.version, signature.signature]),
  );

/** Brings the rest, once the key is the project's: until then boards take none of these. */
export const bringRest = async (
  { client, out }: Context,
  project: string,
  signed: readonly SignedVersion[],
): Promise<void> => {
  const rest = signed.slice(MAX_SIGNATURES_AT_ONCE);
  for (const [at, { plugin, row, signature }] of rest.entries())
    try {
      const params = { uuid: plugin.uuid, version: row.version };
      await client().plugins.sign({ project, params, body: signature });
    } catch (error) {
      // Removed meanwhile: there is nothing to sign.
      if (isS4tError(error, "plugin.not-found") || isS4tError(error, "plugin.version-not-found"))
        continue;
      const left = rest.length - at;
      out.line(
        `${left} versions are left without a signature, ${plugin.name} ${row.number} first: s4t plugin sign`,
      );
      throw error;
    }
};

// An owner's signatures of a project's versions, each of which was checked here before. As many as one request takes come with the
// key; the rest is kept on this machine and follows once it is the project's key, one by one.
import { isS4tError } from "@s4t/kit";
import {
  fail,
  MAX_SIGNATURES_AT_ONCE,
  type OwnerKey,
  type Plugin,
  type PluginVersion,
  paginate,
  signVersion,
  unpackPlugin,
  versionOf,
} from "@s4t/sdk";
import type { Context } from "../context.ts";
import { patiently } from "./patience.ts";
import { keepRest, readRest, type SignedVersion } from "./signed-rest.ts";
import { download } from "./versions.ts";

/** Ids of the versions of a plugin that boards have, or shall have. */
const onBoards = async (
  context: Context,
  project: string,
  { uuid, boards }: Plugin,
): Promise<ReadonlySet<string>> => {
  const { plugins } = context.client();
  const found = new Set<string>();
  if (boards === 0) return found;
  const asked = { project, params: { uuid }, query: { limit: 200 } };
  const list = (input: typeof asked) => patiently(context, () => plugins.boards(input));
  for await (const { version } of paginate(list, asked)) found.add(version);
  return found;
};

const newestFirst = (one: SignedVersion, other: SignedVersion): number =>
  other.createdAt.localeCompare(one.createdAt);

/**
 * Signs the versions of a project that are `wanted`, each checked here before: id, bytes, files. Those that boards have come first,
 * then the others; of both the newest first, whatever their plugin. Throws `plugin.damaged` for one that is not what its id says.
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
  const all = { project, query: { limit: 200 } };
  const list = (input: typeof all) => patiently(context, () => plugins.list(input));
  for await (const plugin of paginate(list, all)) {
    const { uuid, name } = plugin;
    const there = await onBoards(context, project, plugin);
    const ofOne = { ...all, params: { uuid } };
    const listOne = (input: typeof ofOne) => patiently(context, () => plugins.versions(input));
    for await (const row of paginate(listOne, ofOne)) {
      if (!(await isWanted(row))) continue;
      const { version, number, createdAt } = row;
      if ((await versionOf(row.manifest)) !== version)
        throw fail("plugin.damaged", { because: `${name} ${number} is another than its id says` });
      const fetchBlob = () => download(context, uuid, version, project);
      await unpackPlugin(row.manifest, await patiently(context, fetchBlob));
      const { signature } = await signVersion(version, key);
      const signed = { uuid, name, version, number, createdAt, signature };
      (there.has(version) ? used : others).push(signed);
      context.out.line(`signed ${name}, version ${number}`);
    }
  }
  return [...used.sort(newestFirst), ...others.sort(newestFirst)];
};

/** The signatures that come with the key; the rest is kept beside the key's file before it goes anywhere. */
export const withKey = (
  keyFile: string,
  project: string,
  signed: readonly SignedVersion[],
): Record<string, string> => {
  keepRest(keyFile, project, signed.slice(MAX_SIGNATURES_AT_ONCE));
  return Object.fromEntries(
    signed.slice(0, MAX_SIGNATURES_AT_ONCE).map(({ version, signature }) => [version, signature]),
  );
};

/**
 * Brings the rest that was kept for a project, once the key is the project's: until then boards take none of these. What an error
 * leaves is kept.
 */
export const bringRest = async (
  context: Context,
  project: string,
  keyFile: string,
  key: string,
): Promise<void> => {
  const rest = readRest(keyFile, project);
  if (rest.length === 0) return;
  context.out.line(`${rest.length} more versions get their signature now, one by one.`);
  const { plugins } = context.client();
  for (const [at, { uuid, name, version, number, signature }] of rest.entries())
    try {
      const request = { project, params: { uuid, version }, body: { key, signature } };
      await patiently(context, () => plugins.sign(request));
    } catch (error) {
      // Removed meanwhile: there is nothing to sign.
      if (isS4tError(error, "plugin.not-found") || isS4tError(error, "plugin.version-not-found"))
        continue;
      const left = rest.slice(at);
      keepRest(keyFile, project, left);
      context.out.line(
        `${left.length} versions are left without their signature, ${name} ${number} first. It is kept: s4t project seal ${project} --key ${keyFile} goes on.`,
      );
      throw error;
    }
  keepRest(keyFile, project, []);
};

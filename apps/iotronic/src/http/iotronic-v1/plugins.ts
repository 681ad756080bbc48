// Plugins in the original's words: endpoints 27 to 33. Behind each stands a signed version.
import { type BodyOf, type Plugin, type ProjectId, rest } from "@s4t/contract";
import type { ByteStream } from "../../edge/routes.ts";
import { may } from "../../policy/index.ts";
import {
  type Collection,
  collected,
  everyOf,
  fieldsOf,
  listedOf,
  pageOf,
  pick,
} from "./collection.ts";
import { invalid } from "./fault.ts";
import { pickleOf, sourceOf } from "./pickle.ts";
import { listing, type Members, type V1Request, type V1Row } from "./row.ts";
import {
  booleanOf,
  changedOf,
  extraOf,
  isUuidLike,
  labelsOf,
  linksOf,
  momentOf,
  newName,
  objectOf,
  requiredText,
  requireOnly,
  slugOf,
  withLabels,
} from "./values.ts";
import { parametersIn, sizesOf, sourceIn, type Told, versionOf } from "./version-of-plugin.ts";

const collection: Collection = {
  type: "plugins",
  attributes: [
    ...["uuid", "name", "owner", "public", "code", "callable", "parameters", "links", "extra"],
    ...["created_at", "updated_at"],
  ],
  shown: ["name", "uuid", "owner", "public", "callable"],
};

/** Largest source: what the original's database held. */
export const MAX_SOURCE_BYTES = 65_535;
/** What is unpacked for the code of one page; of plugins beyond it a list has none. */
export const MAX_PAGE_UNPACKED_BYTES = 16_777_216;

/** Labels that are attributes of the original's plugins. */
const ownLabels = ["public"];
const isPublic = ({ labels }: Plugin): boolean => labels.public === "true";

/** Id or name, as our own names are. */
export const pluginIdent = (ident: string): string => (isUuidLike(ident) ? ident : slugOf(ident));

/** A plugin of ours as the original shows it, but for its code. */
const pluginOf = (plugin: Plugin, { base }: V1Request): Members => ({
  uuid: plugin.uuid,
  name: plugin.name,
  owner: null,
  public: isPublic(plugin),
  callable: plugin.mode === "sync",
  parameters: parametersIn(plugin.latest.manifest),
  links: linksOf(base, "plugins", plugin.uuid),
  extra: extraOf(plugin.labels, ownLabels),
  created_at: momentOf(plugin.createdAt),
  updated_at: changedOf(plugin),
});

const readSource = async (plugin: Plugin, request: V1Request): Promise<string> => {
  const params = { uuid: plugin.uuid, version: plugin.latest.version };
  const content = (await request.ask(rest.plugins.content, {
    params,
    project: plugin.project,
  })) as ByteStream;
  return sourceIn(plugin.latest.manifest, content.bytes);
};

const isTooLarge = ({ latest }: Plugin): boolean =>
  sizesOf(latest.manifest).sourceBytes > MAX_SOURCE_BYTES;

/** The same with its code, for who may read that, unless it is larger than the original had any. */
const withCode = async (plugin: Plugin, request: V1Request): Promise<Members> => {
  const isReader = may(request.actor, "plugin.source", plugin.project as ProjectId);
  const code = isReader && !isTooLarge(plugin) ? pickleOf(await readSource(plugin, request)) : null;
  return { ...pluginOf(plugin, request), code };
};

/** The plugin that a path or a body names. */
export const getPlugin = (request: V1Request, ident: string): Promise<Plugin> =>
  request.ask(rest.plugins.show, { params: { uuid: pluginIdent(ident) } });

const wantsCode = (fields: readonly string[] | undefined): boolean =>
  fields === undefined || fields.includes("code");

const shown = async (
  plugin: Plugin,
  request: V1Request,
  fields: readonly string[] | undefined,
): Promise<Members> =>
  pick(wantsCode(fields) ? await withCode(plugin, request) : pluginOf(plugin, request), fields);

const list = async (
  request: V1Request,
  { isDetail = false, onlyPublic = false } = {},
): Promise<Members> => {
  const listed = listedOf(request, collection, isDetail);
  if (listed.sortKey === "code" || listed.sortKey === "parameters")
    throw invalid(`The sort_key value ${listed.sortKey} is an invalid field for sorting`);
  booleanOf(request.query.with_public, "with_public");
  const all = booleanOf(request.query.all_plugins, "all_plugins") === true;
  if (all && !request.actor.admin)
    throw invalid("all_plugins parameter can be used only by the administrator.");
  const found = await everyOf((query) =>
    request.ask(rest.plugins.list, { query, ...(all ? { project: "all" } : {}) }),
  );
  const wanted = onlyPublic ? found.filter(isPublic) : found;
  const { page, more } = pageOf(
    wanted.map((plugin) => pluginOf(plugin, request)),
    listed,
  );
  const byId = new Map(wanted.map((plugin) => [plugin.uuid, plugin]));
  const whole: Members[] = [];
  let leftBytes = MAX_PAGE_UNPACKED_BYTES;
  for (const each of page) {
    const plugin = byId.get(String(each.uuid)) as Plugin;
    const { unpackedBytes } = sizesOf(plugin.latest.manifest);
    if (wantsCode(listed.fields) && unpackedBytes > leftBytes) {
      whole.push(pick({ ...each, code: null }, listed.fields));
      continue;
    }
    leftBytes -= unpackedBytes;
    whole.push(await shown(plugin, request, listed.fields));
  }
  return collected(request, "plugins", { ...listed, fields: undefined }, { page: whole, more });
};

const readable = [...collection.attributes];
const writable = ["name", "code", "callable", "public", "parameters", "extra", "version"];

const sourceGiven = (code: unknown): string => {
  const source = sourceOf(requiredText(code, "code"));
  if (Buffer.byteLength(source) > MAX_SOURCE_BYTES)
    throw invalid(`Code has more than ${MAX_SOURCE_BYTES} bytes.`);
  return source;
};

const upload = async (
  request: V1Request,
  name: string,
  told: Told,
  project?: string,
): Promise<BodyOf<typeof rest.plugins.addVersion>> => {
  const { manifest, blob } = await versionOf(name, told);
  await request.ask(rest.blobs.put, {
    params: { sha256: manifest.blob.sha256 },
    bytes: (async function* () {
      yield blob;
    })(),
    ...(project === undefined ? {} : { project }),
  });
  return { manifest };
};

const create = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, readable);
  const name = slugOf(newName(body.name, "plugin"));
  if (name === "") throw invalid("Cannot create plugin with invalid name");
  const told = {
    source: sourceGiven(body.code),
    callable: booleanOf(body.callable, "callable") ?? false,
    parameters: objectOf(body.parameters, "parameters"),
  };
  const labels = withLabels(labelsOf(objectOf(body.extra, "extra") ?? {}, ownLabels), {
    public: booleanOf(body.public, "public") ? "true" : undefined,
  });
  const made = await request.ask(rest.plugins.create, {
    body: { ...(await upload(request, name, told)), labels },
  });
  return withCode(made, request);
};

/** Whether a body says anything that another version is needed for. */
const changesVersion = ({ code, callable, parameters }: Members): boolean =>
  [code, callable, parameters].some((value) => value !== undefined && value !== null);

const update = async (request: V1Request): Promise<Members> => {
  const { body, params } = request;
  requireOnly(body, writable, readable);
  const plugin = await getPlugin(request, params.plugin ?? "");
  const { uuid, project, labels, rev: ifMatch } = plugin;
  if (body.name !== undefined && slugOf(requiredText(body.name, "name")) !== plugin.name)
    throw invalid("The name of a plugin cannot be changed: versions are signed with it.");
  const extra = objectOf(body.extra, "extra");
  const asPublic = booleanOf(body.public, "public");
  const kept = extra === undefined ? labels : labelsOf(extra, ownLabels);
  const publicLabel = (asPublic ?? isPublic(plugin)) ? "true" : null;
  // Whatever is wrong with them is found before anything is stored; what is asked at once happens at once.
  const about =
    extra === undefined && asPublic === undefined
      ? {}
      : { labels: withLabels(kept, { public: publicLabel }) };
  if (changesVersion(body)) {
    const { manifest } = plugin.latest;
    if (body.code === undefined && isTooLarge(plugin))
      throw invalid(`Code has more than ${MAX_SOURCE_BYTES} bytes.`);
    const told = {
      source: body.code === undefined ? await readSource(plugin, request) : sourceGiven(body.code),
      callable: booleanOf(body.callable, "callable") ?? plugin.mode === "sync",
      parameters:
        objectOf(body.parameters, "parameters") ??
        (manifest.parameters ? parametersIn(manifest) : undefined),
    };
    const version = await upload(request, plugin.name, told, project);
    const both = { ...version, ...about };
    await request.ask(rest.plugins.addVersion, { params: { uuid }, body: both, project, ifMatch });
  } else if ("labels" in about)
    await request.ask(rest.plugins.update, { params: { uuid }, body: about, project, ifMatch });
  return withCode(await getPlugin(request, uuid), request);
};

export const pluginRows: readonly V1Row[] = [
  {
    number: 27,
    method: "GET",
    path: "/v1/plugins",
    query: [...listing, "with_public", "all_plugins"],
    answer: (request) => list(request),
  },
  {
    number: 28,
    method: "GET",
    path: "/v1/plugins/public",
    query: listing,
    answer: (request) => list(request, { onlyPublic: true }),
  },
  {
    number: 29,
    method: "GET",
    path: "/v1/plugins/detail",
    query: [...listing, "with_public", "all_plugins"],
    answer: (request) => list(request, { isDetail: true }),
  },
  { number: 30, method: "POST", path: "/v1/plugins", status: 201, answer: create },
  {
    number: 31,
    method: "GET",
    path: "/v1/plugins/{plugin}",
    query: ["fields"],
    answer: async (request) => {
      const fields = fieldsOf(request.query.fields, collection);
      return shown(await getPlugin(request, request.params.plugin ?? ""), request, fields);
    },
  },
  { number: 32, method: "PATCH", path: "/v1/plugins/{plugin}", answer: update },
  {
    number: 33,
    method: "DELETE",
    path: "/v1/plugins/{plugin}",
    status: 204,
    async answer(request) {
      const uuid = pluginIdent(request.params.plugin ?? "");
      await request.ask(rest.plugins.remove, { params: { uuid } });
    },
  },
];

// Plugins of a project and their versions: what is there, and that every version is whole, sound and signed before it is there.
import {
  type BoardId,
  type BodyOf,
  fail,
  type Labels,
  type Plugin,
  type PluginSignature,
  type PluginVersion,
  type ProjectId,
  type QueryOf,
  type rest,
} from "@s4t/contract";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireRev } from "../../edge/revision.ts";
import type { ByteStream } from "../../edge/routes.ts";
import { holdRow } from "../../edge/statement.ts";
import { type Actor, type Scope, within } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { createAdding } from "./adding.ts";
import { getPlugin, notePlugin, type PluginsDependencies } from "./change.ts";
import type { Claims } from "./claims.ts";
import { createExamine } from "./examine.ts";
import { countInjected, countVersionInjected, listInjected } from "./injection-store.ts";
import { parseVersion, showPlugin, showVersion } from "./plugin.ts";
import {
  countPlugins,
  findLatest,
  findPlugin,
  findVersion,
  insertPlugin,
  listPlugins,
  listVersions,
  lockPlugin,
  lockVersion,
  type PluginRow,
  removePlugin,
  removeVersion,
  signVersion,
  updatePlugin,
  type VersionRow,
} from "./store.ts";
import { removeUpload } from "./upload-store.ts";

/** Most plugins of one project: far more than people keep apart by name. */
export const MAX_PLUGINS_PER_PROJECT = 1_000;
/** Most versions of one plugin: one at every save of a working year. */
export const MAX_VERSIONS_PER_PLUGIN = 10_000;

type CreateBody = BodyOf<typeof rest.plugins.create>;

type AddVersionBody = BodyOf<typeof rest.plugins.addVersion>;

export interface Catalogue {
  list(
    actor: Actor,
    scope: Scope,
    query: QueryOf<typeof rest.plugins.list>,
  ): Promise<{ items: Plugin[]; next: string | null }>;
  create(actor: Actor, project: ProjectId, body: CreateBody): Promise<Plugin>;
  show(actor: Actor, scope: Scope, idOrName: string): Promise<Plugin>;
  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.plugins.update>,
    ifMatch: number | undefined,
  ): Promise<Plugin>;
  remove(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    ifMatch?: number | undefined,
  ): Promise<undefined>;
  versions(
    scope: Scope,
    idOrName: string,
    query: PageQuery,
  ): Promise<{ items: PluginVersion[]; next: string | null }>;
  addVersion(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: AddVersionBody,
    ifMatch?: number | undefined,
  ): Promise<PluginVersion>;
  version(scope: Scope, idOrName: string, version: string): Promise<PluginVersion>;
  removeVersion(actor: Actor, scope: Scope, idOrName: string, version: string): Promise<undefined>;
  sign(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    version: string,
    signature: PluginSignature,
  ): Promise<PluginVersion>;
  content(scope: Scope, idOrName: string, version: string): Promise<ByteStream>;
}

/** Within a transaction: as it is now, and nobody else's to change until the end. */
const holdPlugin = async (scope: Scope, tx: Tx, idOrName: string): Promise<PluginRow> => {
  const { uuid } = await getPlugin(scope, tx, idOrName);
  await holdRow(tx, "plugins", uuid);
  return getPlugin(scope, tx, uuid);
};

/** Makes the verbs. `sweepSoon`: there are bytes that nobody wants. */
export const createCatalogue = (
  deps: PluginsDependencies,
  claims: Claims,
  sweepSoon: () => void,
): Catalogue => {
  const { database, blobs, clock } = deps;
  const examine = createExamine(deps);
  const { requireSigned, addTo } = createAdding(deps);

  const keyOf = async (reader: Reader, row: Pick<PluginRow, "project_id">): Promise<string> =>
    (await deps.presentKey(reader, row.project_id as ProjectId))?.key ?? "";

  const showAll = async (
    actor: Actor,
    scope: Scope,
    reader: Reader,
    rows: readonly PluginRow[],
  ): Promise<Plugin[]> => {
    const ids = rows.map(({ uuid }) => uuid);
    const latest = await findLatest(scope, reader, ids);
    const boards = await countInjected(scope, reader, ids);
    const keys = new Map<string, string>();
    for (const row of rows)
      if (!keys.has(row.project_id)) keys.set(row.project_id, await keyOf(reader, row));
    return rows.map((row) => {
      const version = latest.get(row.uuid) as VersionRow;
      const shown = showVersion(version, keys.get(row.project_id) ?? "");
      return showPlugin(actor, row, shown, boards.get(row.uuid) ?? 0);
    });
  };

  const showOne = async (actor: Actor, scope: Scope, reader: Reader, row: PluginRow) =>
    (await showAll(actor, scope, reader, [row]))[0] as Plugin;

  const getVersion = async (
    scope: Scope,
    reader: Reader,
    plugin: PluginRow,
    version: string,
  ): Promise<VersionRow> => {
    const choice = parseVersion(version, plugin.versions);
    const row = await findVersion(scope, reader, plugin.uuid, choice);
    if (!row) throw fail("plugin.version-not-found");
    return row;
  };

  /** Within a transaction: another signature of a version that is there. */
  const signAs = async (
    tx: Tx,
    actor: Actor,
    plugin: PluginRow,
    row: VersionRow,
    signature: PluginSignature,
  ): Promise<PluginVersion> => {
    const project = plugin.project_id as ProjectId;
    await requireSigned(tx, project, row.version, signature);
    const signed = { signed_by: signature.key, signature: signature.signature };
    await signVersion(within(project), tx, row.version, signed);
    await notePlugin(deps, tx, actor, "plugin.sign", plugin, factsOf(row, row.number));
    for (const there of await listInjected(within(project), tx, { plugin: plugin.uuid }))
      if (there.version === row.version)
        await deps.wishes.retarget(tx, { uuid: there.board_id as BoardId, project });
    return showVersion({ ...row, ...signed }, signature.key);
  };

  /** Within a transaction: what is said of a plugin, which its versions are not. */
  const changeAbout = async (
    scope: Scope,
    tx: Tx,
    actor: Actor,
    row: PluginRow,
    about: {
      readonly description?: string | undefined;
      readonly labels?: Labels | undefined;
    },
  ): Promise<PluginRow> => {
    const { description = row.description, labels } = about;
    const set = {
      description,
      labels: labels === undefined ? row.labels : JSON.stringify(labels),
      rev: row.rev + 1,
      updated_at: clock.now(),
    };
    await updatePlugin(scope, tx, row.uuid, set);
    const next = { ...row, ...set };
    const changed = Object.keys(about).filter(
      (key) => about[key as keyof typeof about] !== undefined,
    );
    await notePlugin(deps, tx, actor, "plugin.update", next, { changed });
    return next;
  };

  return {
    async list(actor, scope, query) {
      const after =
        query.after === undefined ? undefined : parseCursor(query.after, ["string", "string"]);
      return database.read(scope, async (reader) => {
        const filter = { text: query.text, after };
        const rows = await listPlugins(scope, reader, filter, pageSizeOf(query) + 1);
        const page = pageOf(
          rows,
          query,
          ({ name, uuid }) => [name, uuid],
          (row) => row,
        );
        return { items: await showAll(actor, scope, reader, page.items), next: page.next };
      });
    },
    async create(actor, project, body) {
      const { name } = body.manifest;
      using _claim = await claims.claim(body.manifest.blob.sha256);
      const examined = await examine(project, body.manifest);
      const scope = within(project);
      return await database.write(scope, async (tx) => {
        // Who adds to a project waits for who is at it: what the other has added is seen.
        await deps.holdKey(tx, project);
        if (await findPlugin(scope, tx, name)) throw fail("plugin.name-taken", { name });
        if ((await countPlugins(scope, tx, project)) >= MAX_PLUGINS_PER_PROJECT)
          throw fail("quota.exceeded", { limit: MAX_PLUGINS_PER_PROJECT, what: "plugins" });
        const now = clock.now();
        const row: PluginRow = {
          uuid: newId(),
          project_id: project,
          name,
          description: body.description ?? "",
          labels: JSON.stringify(body.labels ?? {}),
          versions: 1,
          rev: 1,
          created_at: now,
          updated_at: now,
        };
        await insertPlugin(scope, tx, row);
        await addTo(tx, actor, row, 1, body, examined);
        await notePlugin(deps, tx, actor, "plugin.create", row, { name, ...factsOf(examined, 1) });
        return showOne(actor, scope, tx, row);
      });
    },
    show: (actor, scope, idOrName) =>
      database.read(scope, async (reader) =>
        showOne(actor, scope, reader, await getPlugin(scope, reader, idOrName)),
      ),
    update: (actor, scope, idOrName, body, ifMatch) =>
      database.write(scope, async (tx) => {
        const row = await holdPlugin(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        return showOne(actor, scope, tx, await changeAbout(scope, tx, actor, row, body));
      }),
    remove: (actor, scope, idOrName, ifMatch) =>
      database.write(scope, async (tx) => {
        const { uuid, project_id } = await getPlugin(scope, tx, idOrName);
        await deps.holdKey(tx, project_id as ProjectId);
        const row = await getPlugin(scope, tx, uuid);
        requireRev(ifMatch, row.rev);
        await lockPlugin(scope, tx, uuid, { toRemove: true });
        const boards = (await countInjected(scope, tx, [row.uuid])).get(row.uuid) ?? 0;
        if (boards > 0) throw fail("plugin.in-use", { boards });
        await removePlugin(scope, tx, row.uuid);
        tx.afterCommit(sweepSoon);
        await notePlugin(deps, tx, actor, "plugin.remove", row, { name: row.name });
        return undefined;
      }),
    async versions(scope, idOrName, query) {
      const before =
        query.after === undefined ? undefined : parseCursor(query.after, ["number"])[0];
      return database.read(scope, async (reader) => {
        const plugin = await getPlugin(scope, reader, idOrName);
        const key = await keyOf(reader, plugin);
        const rows = await listVersions(
          ...([scope, reader, plugin.uuid, before, pageSizeOf(query) + 1] as const),
        );
        return pageOf(
          rows,
          query,
          ({ number }) => [number],
          (row) => showVersion(row, key),
        );
      });
    },
    async addVersion(actor, scope, idOrName, { description, labels, ...body }, ifMatch) {
      // Asked first, so that who may not see the plugin learns nothing of its bytes.
      const found = await database.read(scope, (reader) => getPlugin(scope, reader, idOrName));
      if (body.manifest.name !== found.name)
        throw fail("plugin.manifest-invalid", { because: `its name is not ${found.name}` });
      const project = found.project_id as ProjectId;
      using _claim = await claims.claim(body.manifest.blob.sha256);
      const examined = await examine(project, body.manifest);
      return await database.write(scope, async (tx) => {
        await deps.holdKey(tx, project);
        const before = await holdPlugin(scope, tx, found.uuid);
        requireRev(ifMatch, before.rev);
        const about = { description, labels };
        const isSaid = description !== undefined || labels !== undefined;
        const plugin = isSaid ? await changeAbout(scope, tx, actor, before, about) : before;
        const { version } = examined;
        const known = await findVersion(scope, tx, plugin.uuid, { version });
        if (known) {
          await removeUpload(within(project), tx, project, known.blob);
          if (!body.signature) return showVersion(known, await keyOf(tx, plugin));
          return signAs(tx, actor, plugin, known, body.signature);
        }
        const number = plugin.versions + 1;
        if (number > MAX_VERSIONS_PER_PLUGIN)
          throw fail("quota.exceeded", { limit: MAX_VERSIONS_PER_PLUGIN, what: "versions" });
        const row = await addTo(tx, actor, plugin, number, body, examined);
        const set = { versions: number, rev: plugin.rev + 1, updated_at: clock.now() };
        await updatePlugin(scope, tx, plugin.uuid, set);
        const next = { ...plugin, ...set };
        const facts = factsOf(examined, number);
        await notePlugin(deps, tx, actor, "plugin.add-version", next, facts);
        return showVersion(row, row.signed_by);
      });
    },
    version: (scope, idOrName, version) =>
      database.read(scope, async (reader) => {
        const plugin = await getPlugin(scope, reader, idOrName);
        const row = await getVersion(scope, reader, plugin, version);
        return showVersion(row, await keyOf(reader, plugin));
      }),
    removeVersion: (actor, scope, idOrName, version) =>
      database.write(scope, async (tx) => {
        const { uuid, project_id } = await getPlugin(scope, tx, idOrName);
        await deps.holdKey(tx, project_id as ProjectId);
        const plugin = await getPlugin(scope, tx, uuid);
        const row = await getVersion(scope, tx, plugin, version);
        if (row.number === plugin.versions) throw fail("plugin.version-latest");
        if (!(await lockVersion(scope, tx, row))) throw fail("plugin.version-not-found");
        const boards = await countVersionInjected(scope, tx, row);
        if (boards > 0) throw fail("plugin.version-in-use", { boards });
        await removeVersion(scope, tx, row);
        tx.afterCommit(sweepSoon);
        const set = { rev: plugin.rev + 1, updated_at: clock.now() };
        await updatePlugin(scope, tx, plugin.uuid, set);
        const facts = factsOf(row, row.number);
        await notePlugin(deps, tx, actor, "plugin.remove-version", { ...plugin, ...set }, facts);
        return undefined;
      }),
    sign: (actor, scope, idOrName, version, signature) =>
      database.write(scope, async (tx) => {
        const plugin = await getPlugin(scope, tx, idOrName);
        const row = await getVersion(scope, tx, plugin, version);
        return signAs(tx, actor, plugin, row, signature);
      }),
    async content(scope, idOrName, version) {
      const row = await database.read(scope, async (reader) =>
        getVersion(scope, reader, await getPlugin(scope, reader, idOrName), version),
      );
      return {
        mediaType: "application/octet-stream",
        fileName: `${row.version.slice(0, 12)}.gz`,
        bytes: await blobs.read(row.blob),
      };
    },
  };
};

const factsOf = ({ version }: { readonly version: string }, number: number) => ({
  version,
  number,
});

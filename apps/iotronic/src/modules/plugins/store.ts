import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, byIdOrName, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type PluginRow = Selectable<Schema["plugins"]>;
export type VersionRow = Selectable<Schema["plugins_versions"]>;

export const numbered = int64(
  "rev",
  "created_at",
  "updated_at",
  "since",
  "bytes",
  "manifest_bytes",
);

const find = byIdOrName<PluginRow>((column) =>
  statement(({ projects }, { queries, args }: Build<{ key: string }>) => {
    const query = queries.selectFrom("plugins").selectAll().where(column, "=", args.key).limit(1);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  }),
);

/** By id or, within one project, by name. */
export const findPlugin = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<PluginRow | undefined> => {
  const row = await find(scope, reader, idOrName);
  return row && numbered(row);
};

export interface PluginFilter {
  readonly text?: string | undefined;
  readonly after?: readonly [name: string, uuid: string] | undefined;
}

const likeText = (text: string): string =>
  `%${text.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;

/** By name. */
export const listPlugins = async (
  scope: Scope,
  { queries }: Reader,
  { text, after }: PluginFilter,
  limit: number,
): Promise<PluginRow[]> => {
  let query = queries.selectFrom("plugins").selectAll().orderBy("name").orderBy("uuid");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  // Names are lower-case; a sign that LIKE would read otherwise is none of theirs.
  if (text !== undefined) query = query.where("name", "like", likeText(text));
  if (after)
    query = query.where((e) =>
      e.or([e("name", ">", after[0]), e.and([e("name", "=", after[0]), e("uuid", ">", after[1])])]),
    );
  return (await query.limit(limit).execute()).map(numbered);
};

export const countPlugins = async (
  _scope: Scope,
  { queries }: Reader,
  project: string,
): Promise<number> => {
  const row = await queries
    .selectFrom("plugins")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("project_id", "=", project)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

/**
 * Until the transaction ends the plugin is not removed; `toRemove`: nor is it put on a board, and who was at that has ended. Answers
 * whether it is there.
 */
export const lockPlugin = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  uuid: string,
  { toRemove }: { readonly toRemove: boolean },
): Promise<boolean> => {
  const query = queries.selectFrom("plugins").select("uuid").where("uuid", "=", uuid);
  // SQLite has one writer at a time, and no word for it.
  const locking = dialect === "sqlite" ? query : toRemove ? query.forUpdate() : query.forKeyShare();
  return (await locking.executeTakeFirst()) !== undefined;
};

export const insertPlugin = async (_scope: Scope, tx: Tx, row: PluginRow): Promise<void> => {
  await tx.queries.insertInto("plugins").values(row).execute();
};

export const updatePlugin = async (
  _scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<PluginRow>,
): Promise<void> => {
  await tx.queries.updateTable("plugins").set(set).where("uuid", "=", uuid).execute();
};

/** With its versions. */
export const removePlugin = async (_scope: Scope, tx: Tx, uuid: string): Promise<void> => {
  await tx.queries.deleteFrom("plugins").where("uuid", "=", uuid).execute();
};

export const insertVersion = async (_scope: Scope, tx: Tx, row: VersionRow): Promise<void> => {
  await tx.queries.insertInto("plugins_versions").values(row).execute();
};

/** One version of a plugin. */
type VersionKey = Pick<VersionRow, "plugin_id" | "number">;

/** Until the transaction ends the version stays as it is. Answers whether it is there. */
export const lockVersion = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  { plugin_id, number }: VersionKey,
): Promise<boolean> => {
  const query = queries
    .selectFrom("plugins_versions")
    .select("number")
    .where("plugin_id", "=", plugin_id)
    .where("number", "=", number);
  // SQLite has one writer at a time, and no word for it.
  const row = await (dialect === "sqlite" ? query : query.forUpdate()).executeTakeFirst();
  return row !== undefined;
};

export const removeVersion = async (
  _scope: Scope,
  tx: Tx,
  { plugin_id, number }: VersionKey,
): Promise<void> => {
  await tx.queries
    .deleteFrom("plugins_versions")
    .where("plugin_id", "=", plugin_id)
    .where("number", "=", number)
    .execute();
};

/** How many bytes the versions of a project have: each its manifest, and all the blobs that they name, but for one. */
export const sumNamed = async (
  _scope: Scope,
  { queries }: Reader,
  project: string,
  except: string,
): Promise<number> => {
  const blobs = queries
    .selectFrom("plugins_versions")
    .select(({ fn, eb }) => [
      // What several of them name counts once.
      eb.case().when("blob", "=", except).then(0).else(fn.max("bytes")).end().as("packed"),
      fn.sum<number>("manifest_bytes").as("manifests"),
    ])
    .where("project_id", "=", project)
    .groupBy("blob");
  const row = await queries
    .selectFrom(blobs.as("named"))
    .select(({ fn, eb }) =>
      fn.sum<number | null>(eb("packed", "+", eb.ref("manifests"))).as("bytes"),
    )
    .executeTakeFirstOrThrow();
  return Number(row.bytes ?? 0);
};

/** Which version of a plugin is meant. */
export type VersionChoice = { readonly number: number } | { readonly version: string };

/** By number, or by id or its beginning; undefined also where a beginning fits several. */
export const findVersion = async (
  _scope: Scope,
  { queries }: Reader,
  plugin: string,
  choice: VersionChoice,
): Promise<VersionRow | undefined> => {
  const query = queries.selectFrom("plugins_versions").selectAll().where("plugin_id", "=", plugin);
  const rows = await ("number" in choice
    ? query.where("number", "=", choice.number)
    : query.where("version", ">=", choice.version).where("version", "<=", `${choice.version}g`)
  )
    .limit(2)
    .execute();
  return rows[0] && rows.length === 1 ? numbered(rows[0]) : undefined;
};

/** The newest version of each of these plugins, by plugin. */
export const findLatest = async (
  _scope: Scope,
  { queries }: Reader,
  plugins: readonly string[],
): Promise<Map<string, VersionRow>> => {
  if (plugins.length === 0) return new Map();
  const rows = await queries
    .selectFrom("plugins_versions as version")
    .innerJoin("plugins as plugin", (join) =>
      join
        .onRef("plugin.uuid", "=", "version.plugin_id")
        .onRef("plugin.versions", "=", "version.number"),
    )
    .selectAll("version")
    .where("version.plugin_id", "in", plugins)
    .execute();
  return new Map(rows.map((row) => [row.plugin_id, numbered(row)]));
};

/** Newest first. */
export const listVersions = async (
  _scope: Scope,
  { queries }: Reader,
  plugin: string,
  before: number | undefined,
  limit: number,
): Promise<VersionRow[]> => {
  let query = queries
    .selectFrom("plugins_versions")
    .selectAll()
    .where("plugin_id", "=", plugin)
    .orderBy("number", "desc")
    .limit(limit);
  if (before !== undefined) query = query.where("number", "<", before);
  return (await query.execute()).map(numbered);
};

/** Notes a signature of a version, wherever in the project it stands. Answers whether it stands anywhere. */
export const signVersion = async (
  scope: Scope,
  tx: Tx,
  version: string,
  signed: { readonly signed_by: string; readonly signature: string },
): Promise<boolean> => {
  let query = tx.queries.updateTable("plugins_versions").set(signed).where("version", "=", version);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
};

/** Ids of the versions in a project that a key has signed. */
export const listSigned = async (
  _scope: Scope,
  { queries }: Reader,
  project: string,
  key: string,
): Promise<string[]> =>
  (
    await queries
      .selectFrom("plugins_versions")
      .select("version")
      .distinct()
      .where("project_id", "=", project)
      .where("signed_by", "=", key)
      .execute()
  ).map(({ version }) => version);

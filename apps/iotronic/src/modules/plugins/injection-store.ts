import type { Selectable } from "kysely";
import { type Build, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { numbered, type VersionRow } from "./store.ts";

export type InjectionRow = Selectable<Schema["plugins_injections"]>;

/** An injection with its plugin and the version that is wanted. */
export type InjectedRow = InjectionRow &
  Pick<VersionRow, "version" | "manifest" | "blob" | "signed_by" | "signature"> & {
    readonly name: string;
  };

const injected = (queries: Reader["queries"]) =>
  queries
    .selectFrom("plugins_injections as injection")
    .innerJoin("plugins as plugin", "plugin.uuid", "injection.plugin_id")
    .innerJoin("plugins_versions as version", (join) =>
      join
        .onRef("version.plugin_id", "=", "injection.plugin_id")
        .onRef("version.number", "=", "injection.number"),
    )
    .selectAll("injection")
    .select([
      "plugin.name",
      "version.version",
      "version.manifest",
      "version.blob",
      "version.signed_by",
      "version.signature",
    ]);

const findOne = (by: "plugin.uuid" | "plugin.name") =>
  statement(({ projects }, { queries, args }: Build<{ board: string; plugin: string }>) => {
    const query = injected(queries)
      .where("injection.board_id", "=", args.board)
      .where(by, "=", args.plugin);
    return projects === "all" ? query : query.where("injection.project_id", "in", projects);
  });
const byId = findOne("plugin.uuid");
const byName = findOne("plugin.name");

/** A plugin on a board; `plugin`: its id or name. */
export const findInjected = async (
  scope: Scope,
  reader: Reader,
  board: string,
  plugin: string,
): Promise<InjectedRow | undefined> => {
  const args = { board, plugin };
  const row =
    (await byName(scope, reader, args)).rows[0] ?? (await byId(scope, reader, args)).rows[0];
  return row && numbered(row);
};

const injectedOn = statement(({ projects }, { queries, args }: Build<{ board: string }>) => {
  const query = injected(queries)
    .where("injection.board_id", "=", args.board)
    .orderBy("plugin.name");
  return projects === "all" ? query : query.where("injection.project_id", "in", projects);
});

/** Plugins on a board, by name. */
export const listInjectedOn = async (
  scope: Scope,
  reader: Reader,
  board: string,
): Promise<InjectedRow[]> => (await injectedOn(scope, reader, { board })).rows.map(numbered);

export interface InjectedFilter {
  readonly plugin?: string;
  readonly afterBoard?: string | undefined;
}

export const listInjected = async (
  scope: Scope,
  { queries }: Reader,
  { plugin, afterBoard }: InjectedFilter,
  limit?: number,
): Promise<InjectedRow[]> => {
  let query = injected(queries).orderBy("injection.board_id").orderBy("plugin.name");
  if (scope.projects !== "all") query = query.where("injection.project_id", "in", scope.projects);
  if (plugin !== undefined) query = query.where("injection.plugin_id", "=", plugin);
  if (afterBoard !== undefined) query = query.where("injection.board_id", ">", afterBoard);
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(numbered);
};

/** How many boards one version of a plugin is on, or shall be. */
export const countVersionInjected = async (
  _scope: Scope,
  { queries }: Reader,
  { plugin_id, number }: Pick<InjectionRow, "plugin_id" | "number">,
): Promise<number> => {
  const row = await queries
    .selectFrom("plugins_injections")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("plugin_id", "=", plugin_id)
    .where("number", "=", number)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

/** How many boards each of these plugins is on. */
export const countInjected = async (
  scope: Scope,
  { queries }: Reader,
  plugins: readonly string[],
): Promise<Map<string, number>> => {
  if (plugins.length === 0) return new Map();
  let query = queries
    .selectFrom("plugins_injections")
    .select(["plugin_id", (e) => e.fn.countAll<number>().as("count")])
    .where("plugin_id", "in", plugins)
    .groupBy("plugin_id");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map((row) => [row.plugin_id, Number(row.count)]));
};

export const setInjection = async (_scope: Scope, tx: Tx, row: InjectionRow): Promise<void> => {
  await tx.queries
    .insertInto("plugins_injections")
    .values(row)
    .onConflict((conflict) => conflict.columns(["board_id", "plugin_id"]).doUpdateSet(row))
    .execute();
};

export const updateInjection = async (
  _scope: Scope,
  tx: Tx,
  { board_id, plugin_id }: Pick<InjectionRow, "board_id" | "plugin_id">,
  set: Partial<InjectionRow>,
): Promise<void> => {
  await tx.queries
    .updateTable("plugins_injections")
    .set(set)
    .where("board_id", "=", board_id)
    .where("plugin_id", "=", plugin_id)
    .execute();
};

export const removeInjection = async (
  _scope: Scope,
  tx: Tx,
  { board_id, plugin_id }: Pick<InjectionRow, "board_id" | "plugin_id">,
): Promise<void> => {
  await tx.queries
    .deleteFrom("plugins_injections")
    .where("board_id", "=", board_id)
    .where("plugin_id", "=", plugin_id)
    .execute();
};

import type { Selectable } from "kysely";
import { type Build, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type KeyRow = Selectable<Schema["keys"]>;

const listRows = statement(({ projects }, { queries, args }: Build<{ project: string }>) => {
  const query = queries
    .selectFrom("keys")
    .selectAll()
    .where("project_id", "=", args.project)
    .orderBy("place");
  return projects === "all" ? query : query.where("project_id", "in", projects);
});

/** The keys of a project, the present one last. */
export const listKeys = async (
  scope: Scope,
  reader: Reader,
  project: string,
): Promise<readonly KeyRow[]> =>
  (await listRows(scope, reader, { project })).rows.map((row) => ({
    ...row,
    created_at: Number(row.created_at),
  }));

/**
 * Until the transaction ends nobody else signs for the project or puts another key in the place of its present one. What was read
 * before may be of an earlier key: read again afterwards.
 */
export const lockKeys = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  project: string,
): Promise<void> => {
  if (dialect === "sqlite") return; // one writer at a time
  const first = queries.selectFrom("keys").select("place").where("project_id", "=", project);
  await first.where("place", "=", 1).forUpdate().execute();
};

/** Adds a key; what another transaction has put in this place stays. Answers whether it was added. */
export const insertKey = async (_scope: Scope, tx: Tx, row: KeyRow): Promise<boolean> => {
  const { numInsertedOrUpdatedRows } = await tx.queries
    .insertInto("keys")
    .values(row)
    .onConflict((conflict) => conflict.columns(["project_id", "place"]).doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
};

/** Forgets the private halves of a project's keys. */
export const forgetPrivate = async (_scope: Scope, tx: Tx, project: string): Promise<void> => {
  await tx.queries
    .updateTable("keys")
    .set({ private: null })
    .where("project_id", "=", project)
    .execute();
};

/** Keys whose private half the cloud still has. */
export const listHeld = async (_scope: Scope, { queries }: Reader): Promise<string[]> =>
  (await queries.selectFrom("keys").select("key").where("private", "is not", null).execute()).map(
    ({ key }) => key,
  );

/** Removes all keys of a project. */
export const removeKeys = async (_scope: Scope, tx: Tx, project: string): Promise<void> => {
  await tx.queries.deleteFrom("keys").where("project_id", "=", project).execute();
};

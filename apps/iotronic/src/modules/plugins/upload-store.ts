// Bytes by whom they concern: sent by a project and not named yet, or named by versions.
import type { ProjectId } from "@s4t/contract";
import type { Selectable } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type UploadRow = Selectable<Schema["plugins_uploads"]>;

/** Notes that a project has sent bytes; sent again, they count as sent now. */
export const setUpload = async (_scope: Scope, tx: Tx, row: UploadRow): Promise<void> => {
  await tx.queries
    .insertInto("plugins_uploads")
    .values(row)
    .onConflict((conflict) => conflict.columns(["project_id", "blob"]).doUpdateSet(row))
    .execute();
};

/** A version of the project names them now. */
export const removeUpload = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  blob: string,
): Promise<void> => {
  await tx.queries
    .deleteFrom("plugins_uploads")
    .where("project_id", "=", project)
    .where("blob", "=", blob)
    .execute();
};

/** The project is gone. */
export const removeUploads = async (_scope: Scope, tx: Tx, project: ProjectId): Promise<void> => {
  await tx.queries.deleteFrom("plugins_uploads").where("project_id", "=", project).execute();
};

/** Nobody went on with what was sent before. */
export const removeUploadsBefore = async (_scope: Scope, tx: Tx, atMs: number): Promise<void> => {
  await tx.queries.deleteFrom("plugins_uploads").where("at", "<", atMs).execute();
};

/** How many bytes of a project wait for a name, but for those of one blob. */
export const sumUploads = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  except: string,
): Promise<number> => {
  const row = await queries
    .selectFrom("plugins_uploads")
    .select((e) => e.fn.sum<number | null>("bytes").as("bytes"))
    .where("project_id", "=", project)
    .where("blob", "!=", except)
    .executeTakeFirstOrThrow();
  return Number(row.bytes ?? 0);
};

/** Whether a project has sent these bytes, or has a version that names them. */
export const hasBlob = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  blob: string,
): Promise<boolean> => {
  const ask = (table: "plugins_uploads" | "plugins_versions") =>
    queries
      .selectFrom(table)
      .select("blob")
      .where("blob", "=", blob)
      .where("project_id", "=", project)
      .limit(1)
      .executeTakeFirst();
  return (
    (await ask("plugins_uploads")) !== undefined || (await ask("plugins_versions")) !== undefined
  );
};

/** Blobs that versions name, or that somebody may be about to name. */
export const listWanted = async (_scope: Scope, { queries }: Reader): Promise<Set<string>> => {
  const rows = await queries
    .selectFrom("plugins_versions")
    .select("blob")
    .union(queries.selectFrom("plugins_uploads").select("blob"))
    .execute();
  return new Set(rows.map(({ blob }) => blob));
};

/** Whether any project names a blob, or may be about to. */
export const isWanted = async (
  _scope: Scope,
  { queries }: Reader,
  blob: string,
): Promise<boolean> => {
  const row = await queries
    .selectFrom("plugins_versions")
    .select("blob")
    .where("blob", "=", blob)
    .union(queries.selectFrom("plugins_uploads").select("blob").where("blob", "=", blob))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

import type { ProjectId } from "@s4t/contract";
import type { Change, ChangeInput } from "../../edge/facts.ts";
import { type Build, statement } from "../../edge/statement.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

/** How long changes are kept: what timelines and resuming readers can reach back to. */
export const CHANGES_KEPT_DAYS = 90;

interface Row {
  seq: number;
  project_id: string;
  noun: string;
  resource_id: string;
  rev: number;
  actor: string;
  at: number;
  patch: string;
}

const toChange = (row: Row): Change => ({
  seq: Number(row.seq),
  project: row.project_id as ProjectId,
  noun: row.noun,
  uuid: row.resource_id,
  rev: Number(row.rev),
  actor: row.actor,
  atMs: Number(row.at),
  patch: JSON.parse(row.patch) as Change["patch"],
});

const insertRow = statement((_scope, { queries, args }: Build<{ row: Omit<Row, "seq"> }>) =>
  queries.insertInto("changes").values(args.row).returning("seq"),
);

export const insertChange = async (
  scope: Scope,
  tx: Tx,
  change: ChangeInput,
  atMs: number,
): Promise<Change> => {
  const { actor, uuid, project, noun, rev, patch } = change;
  const row = {
    project_id: project,
    noun,
    resource_id: uuid,
    rev,
    actor: actor.name,
    at: atMs,
    patch: JSON.stringify(patch),
  };
  const { rows } = await insertRow(scope, tx, { row });
  return { seq: Number(rows[0]?.seq), project, noun, uuid, rev, actor: actor.name, atMs, patch };
};

/** Changes after `seq`, oldest first. */
export const listChangesSince = async (
  scope: Scope,
  reader: Reader,
  seq: number,
  limit: number,
): Promise<Change[]> => {
  let query = reader.queries
    .selectFrom("changes")
    .selectAll()
    .where("seq", ">", seq)
    .orderBy("seq")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map(toChange);
};

/** Changes of one resource before `seq`, newest first. */
export const listChangesOf = async (
  scope: Scope,
  reader: Reader,
  uuid: string,
  before: number,
  limit: number,
): Promise<Change[]> => {
  let query = reader.queries
    .selectFrom("changes")
    .selectAll()
    .where("resource_id", "=", uuid)
    .where("seq", "<", before)
    .orderBy("seq", "desc")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map(toChange);
};

const findSeq = async (scope: Scope, reader: Reader, which: "min" | "max"): Promise<number> => {
  let query = reader.queries.selectFrom("changes").select((e) => e.fn[which]("seq").as("seq"));
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return Number((await query.executeTakeFirst())?.seq ?? 0);
};
/** The oldest change that is kept; 0 without any. */
export const findFirstSeq = (scope: Scope, reader: Reader): Promise<number> =>
  findSeq(scope, reader, "min");
/** The newest change; 0 without any. */
export const findLastSeq = (scope: Scope, reader: Reader): Promise<number> =>
  findSeq(scope, reader, "max");

export const removeChangesBefore = async (_scope: Scope, tx: Tx, atMs: number): Promise<void> => {
  await tx.queries.deleteFrom("changes").where("at", "<", atMs).execute();
};

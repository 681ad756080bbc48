import type { ProjectId } from "@s4t/contract";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export interface EnrolmentRow {
  readonly hash: string;
  readonly project_id: string;
  readonly board_id: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly used_at: number | null;
}

export const insertEnrolment = async (_scope: Scope, tx: Tx, row: EnrolmentRow): Promise<void> => {
  await tx.queries.insertInto("boards_enrolments").values(row).execute();
};

export const findEnrolment = (
  _scope: Scope,
  { queries }: Reader,
  hash: string,
): Promise<EnrolmentRow | undefined> =>
  queries.selectFrom("boards_enrolments").selectAll().where("hash", "=", hash).executeTakeFirst();

/** Marks a code as used; false for whoever comes second. */
export const takeEnrolment = async (
  _scope: Scope,
  tx: Tx,
  hash: string,
  at: number,
): Promise<boolean> => {
  const result = await tx.queries
    .updateTable("boards_enrolments")
    .set({ used_at: at })
    .where("hash", "=", hash)
    .where("used_at", "is", null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
};

/** Ends all open codes of a board. */
export const endEnrolments = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  at: number,
): Promise<void> => {
  await tx.queries
    .updateTable("boards_enrolments")
    .set({ expires_at: at })
    .where("project_id", "=", project)
    .where("board_id", "=", board)
    .where("used_at", "is", null)
    .execute();
};

/** The same for the codes of original agents that a board has registered with, or may have: it is connected. Answers whether there were any. */
export const takeOriginalCodes = async (
  _scope: Scope,
  tx: Tx,
  board: string,
  at: number,
): Promise<boolean> => {
  const result = await tx.queries
    .updateTable("boards_enrolments")
    .set({ used_at: at })
    .where("board_id", "=", board)
    .where("hash", "like", "original:%")
    .where("used_at", "is", null)
    .where("expires_at", ">", at)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
};

/** A code may be told anew to the board that it was for. */
export const removeEnrolment = async (_scope: Scope, tx: Tx, hash: string): Promise<void> => {
  await tx.queries.deleteFrom("boards_enrolments").where("hash", "=", hash).execute();
};

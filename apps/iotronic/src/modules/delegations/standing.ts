// What was delegated to somebody and holds now: rows that are found, their chains checked link by link.
import { type BoardId, checkDelegation, type ProjectId, type Role } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";
import type { Estate } from "../../edge/estate.ts";
import { type Action, type Delegated, everything, roleAllows, within } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { type DelegationRow, findDelegation, listGivenTo, removeDelegations } from "./store.ts";

/** The chain of a delegation, the owner's first; undefined where a link is gone or was taken back. */
export const chainOf = async (
  reader: Reader,
  row: DelegationRow,
): Promise<readonly DelegationRow[] | undefined> => {
  const chain = [row];
  for (let parent = row.parent_id; parent !== null; ) {
    const before = await findDelegation(everything, reader, parent);
    if (!before) return undefined;
    chain.unshift(before);
    parent = before.parent_id;
  }
  return chain.every(({ revoked_at }) => revoked_at === null) ? chain : undefined;
};

/** What a row's chain says, where it holds. */
export const checked = async (reader: Reader, row: DelegationRow, now: number) => {
  const chain = await chainOf(reader, row);
  const said =
    chain?.every(({ statement, hash }) => sha256Hex(statement) === hash) &&
    checkDelegation(
      chain.map(({ statement }) => statement),
      sha256Hex,
      now,
    );
  // The columns found it; the statement is what holds.
  return said &&
    said.uuid === row.uuid &&
    said.board === row.board_id &&
    said.subject.uuid === row.subject_id
    ? said
    : undefined;
};

/** Whose rights are looked up. */
export interface Subject {
  /** Null where what is given to the person does not count: for credentials and tokens of one project. */
  readonly user: string | null;
  readonly roles: ReadonlyMap<ProjectId, Exclude<Role, "admin">>;
}

/** What a subject has: what was given to it, and to its projects as far as its role there would allow the same at home. */
export const standingDelegations = async (
  reader: Reader,
  { user, roles }: Subject,
  now: number,
): Promise<readonly Delegated[]> => {
  const subjects = [...(user === null ? [] : [user]), ...roles.keys()];
  if (subjects.length === 0) return [];
  const standing: Delegated[] = [];
  for (const row of await listGivenTo(everything, reader, subjects, now)) {
    const said = await checked(reader, row, now);
    if (!said) continue;
    const role = said.subject.kind === "project" ? roles.get(said.subject.uuid as ProjectId) : null;
    if (role === undefined) continue;
    const actions = (said.actions as Action[]).filter((one) => !role || roleAllows(role, one));
    if (actions.length === 0) continue;
    standing.push({
      uuid: said.uuid,
      board: said.board as BoardId,
      boardName: row.board_name,
      project: said.project as ProjectId,
      actions: new Set(actions),
      untilMs: said.until,
      depth: said.depth,
    });
  }
  return standing;
};

/** Delegations keep no project: they go with it. */
export const delegationsEstate: Estate = {
  count: async () => 0,
  remove: (tx, project) => removeDelegations(within(project), tx, project),
};

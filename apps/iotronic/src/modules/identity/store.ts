// Users, projects and who may what. Users stand above projects, so most of these see everything: the scope is then the
// caller's statement that it decided so.
import { fail, isUuid, type ProjectId, type Role } from "@s4t/contract";
import type { Selectable } from "kysely";
import { type Build, byIdOrName, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type UserRow = Selectable<Schema["identity_users"]>;
export type ProjectRow = Selectable<Schema["identity_projects"]>;
export type CredentialRow = Selectable<Schema["identity_credentials"]>;
export type ProjectRole = Exclude<Role, "admin">;

export interface Membership {
  readonly project: ProjectId;
  readonly projectName: string;
  readonly role: ProjectRole;
}

export const findUser = byIdOrName<UserRow>((column) =>
  statement((_scope, { queries, args }: Build<{ key: string }>) =>
    queries.selectFrom("identity_users").selectAll().where(column, "=", args.key),
  ),
);

export const listUsers = (
  _scope: Scope,
  { queries }: Reader,
  filter: { readonly name?: string | undefined; readonly after?: string | undefined },
  limit: number,
): Promise<UserRow[]> => {
  let query = queries.selectFrom("identity_users").selectAll().orderBy("name").limit(limit);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  if (filter.name !== undefined)
    query = query.where((e) =>
      e(
        e.fn<string>("lower", ["name"]),
        "like",
        `%${filter.name?.toLowerCase().replace(/[%_]/g, "")}%`,
      ),
    );
  return query.execute();
};

export const insertUser = async (_scope: Scope, tx: Tx, row: UserRow): Promise<void> => {
  await tx.queries.insertInto("identity_users").values(row).execute();
};

/** One by id, held until the transaction ends: neither their password nor their tokens change meanwhile. */
export const lockUser = (
  _scope: Scope,
  { dialect, queries }: Tx,
  uuid: string,
): Promise<UserRow | undefined> => {
  const query = queries.selectFrom("identity_users").selectAll().where("uuid", "=", uuid);
  return (dialect === "sqlite" ? query : query.forNoKeyUpdate()).executeTakeFirst();
};

/** The same, as they were proved. Throws `auth.failed` where they have another password since, or are disabled. */
export const lockProved = async (scope: Scope, tx: Tx, proved: UserRow): Promise<void> => {
  const now = await lockUser(scope, tx, proved.uuid);
  if (now?.password !== proved.password || now.status !== proved.status) throw fail("auth.failed");
};

export const updateUser = async (
  _scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<UserRow>,
): Promise<void> => {
  await tx.queries.updateTable("identity_users").set(set).where("uuid", "=", uuid).execute();
};

export const removeUser = async (_scope: Scope, tx: Tx, uuid: string): Promise<void> => {
  await tx.queries.deleteFrom("identity_users").where("uuid", "=", uuid).execute();
};

/** Administrators, in order of their names. */
export const listAdmins = (_scope: Scope, { queries }: Reader, limit: number): Promise<UserRow[]> =>
  queries
    .selectFrom("identity_users")
    .selectAll()
    .where("admin", "=", 1)
    .orderBy("name")
    .limit(limit)
    .execute();

export const countAdmins = async (_scope: Scope, { queries }: Reader): Promise<number> => {
  const row = await queries
    .selectFrom("identity_users")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("admin", "=", 1)
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

const membershipsOf = statement((_scope, { queries, args }: Build<{ user: string }>) =>
  queries
    .selectFrom("identity_members")
    .innerJoin("identity_projects", "identity_projects.uuid", "identity_members.project_id")
    .select(["identity_members.project_id", "identity_members.role", "identity_projects.name"])
    .where("user_id", "=", args.user)
    .orderBy("identity_projects.name"),
);

export const listMemberships = async (
  scope: Scope,
  reader: Reader,
  user: string,
): Promise<Membership[]> => {
  const { rows } = await membershipsOf(scope, reader, { user });
  return rows.map((row) => ({
    project: row.project_id as ProjectId,
    projectName: row.name,
    role: row.role as ProjectRole,
  }));
};

export const findProject = byIdOrName<ProjectRow>((column) =>
  statement((_scope, { queries, args }: Build<{ key: string }>) =>
    queries.selectFrom("identity_projects").selectAll().where(column, "=", args.key),
  ),
);

export const listProjects = (
  scope: Scope,
  { queries }: Reader,
  after: string | undefined,
  limit: number,
): Promise<ProjectRow[]> => {
  let query = queries.selectFrom("identity_projects").selectAll().orderBy("name").limit(limit);
  if (scope.projects !== "all") query = query.where("uuid", "in", scope.projects);
  if (after !== undefined) query = query.where("name", ">", after);
  return query.execute();
};

export const insertProject = async (_scope: Scope, tx: Tx, row: ProjectRow): Promise<void> => {
  await tx.queries.insertInto("identity_projects").values(row).execute();
};

export const updateProject = async (
  scope: Scope,
  tx: Tx,
  uuid: ProjectId,
  set: Partial<ProjectRow>,
): Promise<void> => {
  let query = tx.queries.updateTable("identity_projects").set(set).where("uuid", "=", uuid);
  if (scope.projects !== "all") query = query.where("uuid", "in", scope.projects);
  await query.execute();
};

export const removeProject = async (_scope: Scope, tx: Tx, uuid: ProjectId): Promise<void> => {
  await tx.queries.deleteFrom("identity_projects").where("uuid", "=", uuid).execute();
};

export interface AssignmentRow {
  readonly user_id: string;
  readonly user_name: string;
  readonly project_id: string;
  readonly project_name: string;
  readonly role: string;
}

/** Who has which role in which project, in order of projects and users. */
export const listAssignments = (
  scope: Scope,
  { queries }: Reader,
  of: { readonly user?: string | undefined; readonly project?: string | undefined },
  limit: number,
): Promise<AssignmentRow[]> => {
  let query = queries
    .selectFrom("identity_members")
    .innerJoin("identity_users", "identity_users.uuid", "identity_members.user_id")
    .innerJoin("identity_projects", "identity_projects.uuid", "identity_members.project_id")
    .select([
      "identity_members.user_id",
      "identity_users.name as user_name",
      "identity_members.project_id",
      "identity_projects.name as project_name",
      "identity_members.role",
    ])
    .orderBy("identity_projects.name")
    .orderBy("identity_users.name")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (of.user !== undefined) query = query.where("user_id", "=", of.user);
  if (of.project !== undefined) query = query.where("project_id", "=", of.project);
  return query.execute();
};

export interface MemberRow {
  readonly uuid: string;
  readonly name: string;
  readonly status: string;
  readonly role: ProjectRole;
}

export const listMembers = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  after: string | undefined,
  limit: number,
): Promise<MemberRow[]> => {
  let query = queries
    .selectFrom("identity_members")
    .innerJoin("identity_users", "identity_users.uuid", "identity_members.user_id")
    .select([
      "identity_users.uuid",
      "identity_users.name",
      "identity_users.status",
      "identity_members.role",
    ])
    .where("project_id", "=", project)
    .orderBy("identity_users.name")
    .limit(limit);
  if (after !== undefined) query = query.where("identity_users.name", ">", after);
  return (await query.execute()) as MemberRow[];
};

export const setMember = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  user: string,
  role: ProjectRole,
): Promise<void> => {
  await tx.queries
    .insertInto("identity_members")
    .values({ project_id: project, user_id: user, role })
    .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doUpdateSet({ role }))
    .execute();
};

export const removeMember = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  user: string,
): Promise<boolean> => {
  const result = await tx.queries
    .deleteFrom("identity_members")
    .where("project_id", "=", project)
    .where("user_id", "=", user)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
};

export const insertCredential = async (
  _scope: Scope,
  tx: Tx,
  row: CredentialRow,
): Promise<void> => {
  await tx.queries.insertInto("identity_credentials").values(row).execute();
};

export const findCredential = (
  _scope: Scope,
  { queries }: Reader,
  uuid: string,
): Promise<CredentialRow | undefined> =>
  queries
    .selectFrom("identity_credentials")
    .selectAll()
    .where("uuid", "=", uuid)
    .executeTakeFirst();

/** A user's credential by its name. */
export const findCredentialOf = (
  _scope: Scope,
  { queries }: Reader,
  user: string,
  name: string,
): Promise<CredentialRow | undefined> =>
  queries
    .selectFrom("identity_credentials")
    .selectAll()
    .where("user_id", "=", user)
    .where("name", "=", name)
    .executeTakeFirst();

/** Whose credentials; those of one project only where it is bound to that. */
interface Holder {
  readonly user: string;
  readonly bound: string | null;
}

export const listCredentials = (
  _scope: Scope,
  { queries }: Reader,
  { user, bound }: Holder,
  after: string | undefined,
  limit: number,
): Promise<CredentialRow[]> => {
  let query = queries
    .selectFrom("identity_credentials")
    .selectAll()
    .where("user_id", "=", user)
    .orderBy("name")
    .limit(limit);
  if (bound !== null) query = query.where("project_id", "=", bound);
  if (after !== undefined) query = query.where("name", ">", after);
  return query.execute();
};

export const removeCredential = async (
  _scope: Scope,
  tx: Tx,
  { user, bound }: Holder,
  idOrName: string,
): Promise<CredentialRow | undefined> => {
  const query = tx.queries
    .deleteFrom("identity_credentials")
    .where("user_id", "=", user)
    .where(isUuid(idOrName) ? "uuid" : "name", "=", idOrName);
  return (bound === null ? query : query.where("project_id", "=", bound))
    .returningAll()
    .executeTakeFirst();
};

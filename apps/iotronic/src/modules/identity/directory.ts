// Who and what there is, for whoever asks by the Identity API: whole lists, as far as the actor may see.
import { fail, isUuid, MAX_PAGE_SIZE, type ProjectId, type Role } from "@s4t/contract";
import type { Directory, Listed, ListedProject, ListedUser } from "../../edge/identity.ts";
import { type Actor, everything, may, requireMay, type Scope, within } from "../../policy/index.ts";
import type { IdentityContext } from "./identity.ts";
import {
  findProject,
  findUser,
  listAdmins,
  listAssignments,
  listProjects,
  listUsers,
  type ProjectRow,
  type UserRow,
} from "./store.ts";

/** Most rows of a list without pages, as the Identity API's are: what is more is cut, and the answer says so. */
export const MAX_LISTED = 10_000;

const showProject = (row: ProjectRow): ListedProject => ({
  uuid: row.uuid as ProjectId,
  name: row.name,
  description: row.description,
});
const showUser = (row: UserRow): ListedUser => ({
  uuid: row.uuid,
  name: row.name,
  mail: row.mail,
  isActive: row.status === "active",
});

/** All pages of a list by name, up to {@link MAX_LISTED}. */
const all = async <Row extends { readonly name: string }>(
  page: (after: string | undefined, limit: number) => Promise<readonly Row[]>,
): Promise<{ rows: Row[]; isCut: boolean }> => {
  const rows: Row[] = [];
  for (;;) {
    const next = await page(rows.at(-1)?.name, MAX_PAGE_SIZE);
    rows.push(...next);
    if (next.length < MAX_PAGE_SIZE) return { rows, isCut: false };
    if (rows.length >= MAX_LISTED) return { rows, isCut: true };
  }
};

const cut = <Row, Shown>(rows: readonly Row[], show: (row: Row) => Shown): Listed<Shown> => ({
  rows: rows.slice(0, MAX_LISTED).map(show),
  isCut: rows.length > MAX_LISTED,
});

/** Makes the verbs. */
export const createDirectory = ({ database }: IdentityContext): Directory => {
  const isSeen = (actor: Actor, project: string): boolean =>
    actor.admin || actor.roles.has(project as ProjectId);
  const scopeOf = (actor: Actor): Scope =>
    actor.admin
      ? everything
      : within(...[...actor.roles.keys()].filter((id) => may(actor, "member.list", id)));

  return {
    async projects(actor, named) {
      if (named !== undefined) {
        const row = await database.read(everything, (reader) =>
          findProject(everything, reader, named),
        );
        return { rows: row && isSeen(actor, row.uuid) ? [showProject(row)] : [], isCut: false };
      }
      const scope: Scope = actor.admin ? everything : within(...actor.roles.keys());
      const { rows, isCut } = await all((after, limit) =>
        database.read(scope, (reader) => listProjects(scope, reader, after, limit)),
      );
      return { rows: rows.map(showProject), isCut };
    },
    async project(actor, id) {
      const row = await database.read(everything, (reader) => findProject(everything, reader, id));
      if (!row || !isUuid(id) || !isSeen(actor, row.uuid)) throw fail("project.not-found");
      return showProject(row);
    },
    async users(actor, named) {
      requireMay(actor, "user.list", null);
      if (named !== undefined) {
        const row = await database.read(everything, (reader) =>
          findUser(everything, reader, named),
        );
        return { rows: row ? [showUser(row)] : [], isCut: false };
      }
      const { rows, isCut } = await all((after, limit) =>
        database.read(everything, (reader) => listUsers(everything, reader, { after }, limit)),
      );
      return { rows: rows.map(showUser), isCut };
    },
    async user(actor, id) {
      const row = await database.read(everything, (reader) => findUser(everything, reader, id));
      if (!row || !isUuid(id) || !(may(actor, "user.show", null) || row.uuid === actor.uuid))
        throw fail("user.not-found");
      return showUser(row);
    },
    async assignments(actor, of) {
      const scope = scopeOf(actor);
      return database.read(scope, async (reader) => {
        const admins =
          actor.admin && of.project === undefined
            ? (await listAdmins(scope, reader, MAX_LISTED)).filter(
                ({ uuid }) => uuid === (of.user ?? uuid),
              )
            : [];
        const members = await listAssignments(scope, reader, of, MAX_LISTED + 1);
        const above = admins.map(({ uuid, name }) => ({
          user: { uuid, name },
          project: null,
          role: "admin" as Role,
        }));
        const { rows, isCut } = cut(members, (row) => ({
          user: { uuid: row.user_id, name: row.user_name },
          project: { uuid: row.project_id as ProjectId, name: row.project_name },
          role: row.role as Role,
        }));
        return { rows: [...above, ...rows], isCut };
      });
    },
  };
};

// Projects and their members.
import {
  type BodyOf,
  fail,
  type Member,
  type Project,
  type ProjectId,
  type rest,
} from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireRev } from "../../edge/revision.ts";
import {
  type Action,
  type Actor,
  actionsOf,
  everything,
  requireMay,
  type Scope,
  within,
} from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import type { IdentityContext } from "./identity.ts";
import {
  findProject,
  findUser,
  insertProject,
  listMembers,
  listProjects,
  type ProjectRole,
  type ProjectRow,
  removeMember,
  removeProject,
  setMember,
  updateProject,
} from "./store.ts";

export interface Projects {
  list(actor: Actor, query: PageQuery): Promise<{ items: Project[]; next: string | null }>;
  create(actor: Actor, body: BodyOf<typeof rest.projects.create>): Promise<Project>;
  show(actor: Actor, idOrName: string): Promise<Project>;
  update(
    actor: Actor,
    idOrName: string,
    body: BodyOf<typeof rest.projects.update>,
    ifMatch: number | undefined,
  ): Promise<Project>;
  remove(actor: Actor, idOrName: string, ifMatch: number | undefined): Promise<void>;
  members(
    actor: Actor,
    idOrName: string,
    query: PageQuery,
  ): Promise<{ items: Member[]; next: string | null }>;
  setMember(actor: Actor, idOrName: string, user: string, role: ProjectRole): Promise<Member>;
  removeMember(actor: Actor, idOrName: string, user: string): Promise<void>;
  /** Id of a project that a request names by id or name; undefined for none such. Remembered. */
  resolve(idOrName: string): Promise<ProjectId | undefined>;
}

/** Makes the verbs. */
export const createProjects = ({
  database,
  clock,
  audit,
  changes,
  tokens,
  countBoards,
  estates,
  projectNames: byName,
  requireHere,
}: IdentityContext): Projects => {
  const forget = (): void => {
    byName.clear();
    tokens.forget();
  };

  const show = async (actor: Actor, row: ProjectRow): Promise<Project> => {
    const uuid = row.uuid as ProjectId;
    return {
      uuid,
      name: row.name,
      rev: Number(row.rev),
      status: "active",
      description: row.description,
      boards: await countBoards(uuid),
      createdAt: toRfc3339(Number(row.created_at)),
      updatedAt: toRfc3339(Number(row.updated_at)),
      actions: actionsOf(actor, uuid, {
        update: "project.update",
        remove: "project.remove",
        setMember: "member.set",
        rekey: "project.rekey",
        seal: "project.seal",
      }),
    };
  };

  /** The project, when the actor reaches it; `project.not-found` when not, `policy.denied` when the role is too weak. */
  const getProject = async (
    actor: Actor,
    reader: Reader,
    action: Action,
    idOrName: string,
  ): Promise<ProjectRow & { uuid: ProjectId }> => {
    const row = await findProject(everything, reader, idOrName);
    if (!row || !(actor.admin || actor.roles.has(row.uuid as ProjectId)))
      throw fail("project.not-found");
    requireMay(actor, action, row.uuid as ProjectId);
    return row as ProjectRow & { uuid: ProjectId };
  };

  const facts = (row: ProjectRow) => ({ noun: "project", uuid: row.uuid, name: row.name });

  return {
    async list(actor, query) {
      const scope: Scope = actor.admin ? everything : within(...actor.roles.keys());
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      const rows = await database.read(scope, (reader) =>
        listProjects(scope, reader, after, pageSizeOf(query) + 1),
      );
      const page = pageOf(
        rows,
        query,
        (row) => [row.name],
        (row) => row,
      );
      return {
        items: await Promise.all(page.items.map((row) => show(actor, row))),
        next: page.next,
      };
    },
    async create(actor, { name, description }) {
      requireHere();
      const now = clock.now();
      const row = {
        uuid: newId<ProjectId>(),
        name,
        rev: 1,
        description: description ?? "",
        created_at: now,
        updated_at: now,
        foreign_id: null,
      };
      await database.write(everything, async (tx) => {
        if (await findProject(everything, tx, name)) throw fail("project.name-taken", { name });
        await insertProject(everything, tx, row);
        await audit.append(tx, {
          actor,
          action: "project.create",
          project: row.uuid,
          resource: facts(row),
        });
        tx.afterCommit(forget);
      });
      return show(actor, row);
    },
    async show(actor, idOrName) {
      return show(
        actor,
        await database.read(everything, (reader) =>
          getProject(actor, reader, "project.show", idOrName),
        ),
      );
    },
    async update(actor, idOrName, body, ifMatch) {
      requireHere();
      const updated = await database.write(everything, async (tx) => {
        const row = await getProject(actor, tx, "project.update", idOrName);
        requireRev(ifMatch, Number(row.rev));
        if (
          body.name !== undefined &&
          body.name !== row.name &&
          (await findProject(everything, tx, body.name))
        )
          throw fail("project.name-taken", { name: body.name });
        const next = {
          ...row,
          name: body.name ?? row.name,
          description: body.description ?? row.description,
          rev: Number(row.rev) + 1,
          updated_at: clock.now(),
        };
        const { name, description, rev, updated_at } = next;
        await updateProject(within(row.uuid), tx, row.uuid, { name, description, rev, updated_at });
        await audit.append(tx, {
          actor,
          action: "project.update",
          project: row.uuid,
          resource: facts(row),
          facts: { changed: Object.keys(body) },
        });
        await changes.append(tx, {
          actor,
          project: row.uuid,
          noun: "project",
          uuid: row.uuid,
          rev,
          patch: { name, description },
        });
        tx.afterCommit(forget);
        return next;
      });
      return show(actor, updated);
    },
    async remove(actor, idOrName, ifMatch) {
      await database.write(everything, async (tx) => {
        const row = await getProject(actor, tx, "project.remove", idOrName);
        requireRev(ifMatch, Number(row.rev));
        const [boards, plugins, services] = [
          await estates.boards.count(tx, row.uuid),
          await estates.plugins.count(tx, row.uuid),
          await estates.services.count(tx, row.uuid),
        ];
        if (boards + plugins + services > 0)
          throw fail("project.not-empty", { boards, plugins, services });
        for (const estate of Object.values(estates)) await estate.remove(tx, row.uuid);
        await removeProject(everything, tx, row.uuid);
        await audit.append(tx, {
          actor,
          action: "project.remove",
          project: row.uuid,
          resource: facts(row),
        });
        tx.afterCommit(forget);
      });
    },
    async members(actor, idOrName, query) {
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      return database.read(everything, async (reader) => {
        const project = await getProject(actor, reader, "member.list", idOrName);
        const rows = await listMembers(
          within(project.uuid),
          reader,
          project.uuid,
          after,
          pageSizeOf(query) + 1,
        );
        return pageOf(
          rows,
          query,
          (row) => [row.name],
          (row) => ({ ...row }),
        );
      });
    },
    async setMember(actor, idOrName, userName, role) {
      requireHere();
      return database.write(everything, async (tx) => {
        const project = await getProject(actor, tx, "member.set", idOrName);
        const user = await findUser(everything, tx, userName);
        if (!user) throw fail("user.not-found");
        await setMember(within(project.uuid), tx, project.uuid, user.uuid, role);
        await audit.append(tx, {
          actor,
          action: "member.set",
          project: project.uuid,
          resource: { noun: "user", uuid: user.uuid, name: user.name },
          facts: { role },
        });
        tx.afterCommit(forget);
        return { uuid: user.uuid, name: user.name, status: user.status, role };
      });
    },
    async removeMember(actor, idOrName, userName) {
      requireHere();
      await database.write(everything, async (tx) => {
        const project = await getProject(actor, tx, "member.remove", idOrName);
        const user = await findUser(everything, tx, userName);
        if (!user || !(await removeMember(within(project.uuid), tx, project.uuid, user.uuid)))
          throw fail("user.not-found");
        await audit.append(tx, {
          actor,
          action: "member.remove",
          project: project.uuid,
          resource: { noun: "user", uuid: user.uuid, name: user.name },
        });
        tx.afterCommit(forget);
      });
    },
    async resolve(idOrName) {
      const known = byName.get(idOrName);
      if (known) return known;
      const row = await database.read(everything, (reader) =>
        findProject(everything, reader, idOrName),
      );
      if (row) byName.set(idOrName, row.uuid as ProjectId);
      return row?.uuid as ProjectId | undefined;
    },
  };
};

// People and projects that a Keystone vouches for, as rows of ours: boards, audit and quotas know nobody else. A row is made when
// somebody first comes, and follows when they come again; what it says of rights is for lists, never for a decision.
import { fail, fromHex, isUuid, type ProjectId } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { AuditLog } from "../../edge/facts.ts";
import { type Actor, everything, systemActor } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import type { IdentityDriver, Known, Standing } from "../../ports/identity.ts";
import {
  findProject,
  findUser,
  insertProject,
  insertUser,
  listMemberships,
  type ProjectRole,
  removeMember,
  setMember,
  updateProject,
  updateUser,
} from "./store.ts";

/** People whose rows are known to be as they should. */
export const MAX_KNOWN_SHADOWS = 20_000;

/**
 * What a Keystone calls something → id of its row. Keystone's own ids are 32 hex digits, which are a uuid without its hyphens; longer
 * ones (people of LDAP or of a federation) are hashed into one.
 */
export const uuidOf = (foreignId: string): string => {
  const own = fromHex(foreignId) ?? (isUuid(foreignId) ? foreignId : undefined);
  if (own !== undefined) return own;
  const hex = sha256Hex(`s4t shadow ${foreignId}`);
  return fromHex(`${hex.slice(0, 12)}8${hex.slice(13, 16)}a${hex.slice(17, 32)}`) as string;
};

/** A standing in words of ours. */
export interface Mirrored {
  readonly user: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly roles: ReadonlyMap<ProjectId, ProjectRole>;
}

export interface Shadows {
  /** Makes the rows as the standing has them. `isWhole`: it has all of the person's projects. */
  mirror(standing: Standing, isWhole: boolean): Promise<Mirrored>;
  /** Looks at the rows again: one may have been removed. */
  forget(): void;
}

interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly people: IdentityDriver;
  /** Ids of projects by what they were asked for by. */
  readonly projectNames: Map<string, ProjectId>;
}

/** Makes it. */
export const createShadows = ({ database, clock, audit, people, projectNames }: Deps): Shadows => {
  const known = new Map<string, string>();
  /** One after the other: two people of one new project make it once. */
  let turn: Promise<unknown> = Promise.resolve();

  const mirrored = ({ user, isAdmin, roles }: Standing): Mirrored => ({
    ...{ user: uuidOf(user.id), name: user.name, isAdmin },
    roles: new Map(roles.map(({ project, role }) => [uuidOf(project.id) as ProjectId, role])),
  });

  /** The row of a foreign id. Throws where its place is another's. */
  const own = <Row extends { readonly foreign_id: string | null }>(
    row: Row | undefined,
    { id }: Known,
  ): Row | undefined => {
    if (row && row.foreign_id !== id)
      throw fail("auth.no-role", {}, `the row of ${id} is another's`);
    return row;
  };

  const isAsItShould = async (reader: Reader, standing: Standing, isWhole: boolean) => {
    const { user, isAdmin, roles } = standing;
    const row = own(await findUser(everything, reader, uuidOf(user.id)), user);
    if (row?.name !== user.name) return false;
    // What a token of one project says nothing of.
    if (isWhole && row.admin !== Number(isAdmin)) return false;
    const members = await listMemberships(everything, reader, row.uuid);
    if (isWhole && members.length !== roles.length) return false;
    return roles.every(({ project, role }) =>
      members.some(
        (member) =>
          member.project === uuidOf(project.id) &&
          member.projectName === project.name &&
          member.role === role,
      ),
    );
  };

  /** Gives a name away: whoever had it before is called by it and the beginning of their id. */
  const freeName = async (
    find: (name: string) => Promise<{ readonly uuid: string } | undefined>,
    rename: (uuid: string, name: string) => Promise<void>,
    name: string,
    uuid: string,
  ): Promise<void> => {
    if (isUuid(name)) return; // nobody is found by such a name
    const other = await find(name);
    if (other && other.uuid !== uuid)
      await rename(other.uuid, `${name}~${other.uuid.replaceAll("-", "").slice(0, 12)}`);
  };

  const put = async (tx: Tx, { user, isAdmin, roles }: Standing, isWhole: boolean) => {
    const now = clock.now();
    const noted = (action: string, noun: string, uuid: string, name: string, more: object) =>
      audit.append(tx, {
        ...{ actor: systemActor as Actor, action, resource: { noun, uuid, name } },
        project: null,
        ...more,
      });
    const putUser = async (): Promise<string> => {
      const uuid = uuidOf(user.id);
      const row = own(await findUser(everything, tx, uuid), user);
      const admin = isWhole ? Number(isAdmin) : (row?.admin ?? 0);
      const set = { name: user.name, admin, updated_at: now };
      await freeName(
        (name) => findUser(everything, tx, name),
        (other, name) => updateUser(everything, tx, other, { name }),
        user.name,
        uuid,
      );
      if (row) await updateUser(everything, tx, uuid, { ...set, rev: Number(row.rev) + 1 });
      else {
        const empty = { mail: null, mail_verified_at: null, password: "", last_sign_in_at: null };
        await insertUser(everything, tx, {
          ...{ uuid, ...set, rev: 1, status: "active", ...empty, created_at: now },
          foreign_id: user.id,
        });
        await noted("user.create", "user", uuid, user.name, { facts: { vouched: people.name } });
      }
      return uuid;
    };
    const putProject = async (project: Known): Promise<ProjectId> => {
      const uuid = uuidOf(project.id) as ProjectId;
      const row = own(await findProject(everything, tx, uuid), project);
      if (row?.name === project.name) return uuid;
      tx.afterCommit(() => projectNames.clear());
      await freeName(
        (name) => findProject(everything, tx, name),
        (other, name) => updateProject(everything, tx, other as ProjectId, { name }),
        project.name,
        uuid,
      );
      const set = { name: project.name, updated_at: now };
      if (row) await updateProject(everything, tx, uuid, { ...set, rev: Number(row.rev) + 1 });
      else {
        const made = { rev: 1, description: "", created_at: now, foreign_id: project.id };
        await insertProject(everything, tx, { uuid, ...set, ...made });
        await noted("project.create", "project", uuid, project.name, {
          ...{ project: uuid, facts: { vouched: people.name } },
        });
      }
      return uuid;
    };
    const uuid = await putUser();
    const before = new Map(
      (await listMemberships(everything, tx, uuid)).map(({ project, role }) => [project, role]),
    );
    const told = (action: string, project: ProjectId, more: object) =>
      noted(action, "user", uuid, user.name, { project, ...more });
    for (const { project, role } of roles) {
      const id = await putProject(project);
      if (before.get(id) !== role) {
        await setMember(everything, tx, id, uuid, role);
        await told("member.set", id, { facts: { role } });
      }
      before.delete(id);
    }
    if (!isWhole) return;
    for (const id of before.keys()) {
      await removeMember(everything, tx, id, uuid);
      await told("member.remove", id, {});
    }
  };

  return {
    async mirror(standing, isWhole) {
      const answer = mirrored(standing);
      if (people.managedAt === null) return answer;
      const { user, isAdmin, roles } = standing;
      const key = `${user.id} ${isWhole ? "" : standing.roles[0]?.project.id}`;
      const said = JSON.stringify([user.name, isAdmin, roles]);
      if (known.get(key) === said) return answer;
      const work = turn.then(async () => {
        const isRight = await database.read(everything, (reader) =>
          isAsItShould(reader, standing, isWhole),
        );
        if (!isRight) await database.write(everything, (tx) => put(tx, standing, isWhole));
      });
      turn = work.catch(() => {});
      await work;
      if (known.size >= MAX_KNOWN_SHADOWS) known.clear();
      known.set(key, said);
      return answer;
    },
    forget: () => known.clear(),
  };
};

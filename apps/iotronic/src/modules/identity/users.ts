// Users: people and programs that sign in. They stand above projects; only administrators change them.
import { type BodyOf, fail, type rest, type User, type UserId } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { randomToken } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireRev } from "../../edge/revision.ts";
import { type Actor, everything, systemActor } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { findFactor } from "./factor-store.ts";
import type { IdentityContext } from "./identity.ts";
import { removeMailLinks } from "./mail-store.ts";
import { hashPassword, requireStrong } from "./passwords.ts";
import { plainMail, type Recovery } from "./recovery.ts";
import {
  countAdmins,
  findProject,
  findUser,
  insertProject,
  insertUser,
  listMemberships,
  listUsers,
  removeUser,
  setMember,
  type UserRow,
  updateUser,
} from "./store.ts";
import type { Throttle } from "./throttle.ts";
import { removeTokensOf } from "./token-store.ts";

/** Name of the user and of the project that a first start makes. */
export const firstNames = { user: "admin", project: "default" } as const;

export interface Users {
  list(
    query: PageQuery & { readonly name?: string | undefined },
  ): Promise<{ items: User[]; next: string | null }>;
  create(actor: Actor, body: BodyOf<typeof rest.users.create>): Promise<User>;
  show(idOrName: string): Promise<User>;
  update(
    actor: Actor,
    idOrName: string,
    body: BodyOf<typeof rest.users.update>,
    ifMatch: number | undefined,
  ): Promise<User>;
  /** Forgets their wrong tries. */
  unlock(actor: Actor, idOrName: string): Promise<void>;
  remove(actor: Actor, idOrName: string, ifMatch: number | undefined): Promise<void>;
  /**
   * At the first start: an administrator and a project. Answers the password that was made; undefined when there was one, or people are
   * managed elsewhere.
   */
  ensureAdministrator(): Promise<
    { readonly user: UserId; readonly name: string; readonly password: string } | undefined
  >;
  /** Id of a user by name. */
  find(name: string): Promise<UserId | undefined>;
}

const all = { update: true, remove: true } as const;

/** Makes the verbs. */
export const createUsers = (
  { database, clock, audit, tokens, people, requireHere }: IdentityContext,
  recovery: Recovery,
  throttle: Throttle,
): Users => {
  const keysOf = ({ name, uuid }: UserRow): string[] => [`name ${name}`, `code ${uuid}`];
  const lockOf = (row: UserRow): string | null => {
    const waitMs = throttle.waitMs(keysOf(row));
    return waitMs === 0 ? null : toRfc3339(clock.now() + waitMs);
  };

  const show = async (reader: Reader, row: UserRow): Promise<User> => ({
    uuid: row.uuid,
    name: row.name,
    rev: Number(row.rev),
    status: row.status as User["status"],
    admin: row.admin === 1,
    mail: row.mail,
    mailVerified: row.mail_verified_at !== null,
    secondFactor: (await findFactor(everything, reader, row.uuid))?.confirmed_at != null,
    createdAt: toRfc3339(Number(row.created_at)),
    updatedAt: toRfc3339(Number(row.updated_at)),
    lastSignInAt: row.last_sign_in_at === null ? null : toRfc3339(Number(row.last_sign_in_at)),
    lockedUntil: lockOf(row),
    projects: (await listMemberships(everything, reader, row.uuid)).map(
      ({ project, projectName, role }) => ({ uuid: project, name: projectName, role }),
    ),
    actions: all,
  });

  const getUser = async (reader: Reader, idOrName: string): Promise<UserRow> => {
    const row = await findUser(everything, reader, idOrName);
    if (!row) throw fail("user.not-found");
    return row;
  };

  const insert = async (tx: Tx, actor: Actor, row: UserRow): Promise<void> => {
    if (await findUser(everything, tx, row.name)) throw fail("user.name-taken", { name: row.name });
    await insertUser(everything, tx, row);
    await audit.append(tx, {
      actor,
      action: "user.create",
      project: null,
      resource: { noun: "user", uuid: row.uuid, name: row.name },
    });
  };

  const newRow = (name: string, password: string, admin: boolean, mail: string | null): UserRow => {
    const now = clock.now();
    return {
      uuid: newId(),
      name,
      rev: 1,
      status: "active",
      admin: admin ? 1 : 0,
      mail,
      password,
      created_at: now,
      updated_at: now,
      last_sign_in_at: null,
      foreign_id: null,
      mail_verified_at: null,
    };
  };

  return {
    async list(query) {
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      return database.read(everything, async (reader) => {
        const rows = await listUsers(
          everything,
          reader,
          { name: query.name, after },
          pageSizeOf(query) + 1,
        );
        const page = pageOf(
          rows,
          query,
          (row) => [row.name],
          (row) => row,
        );
        return {
          items: await Promise.all(page.items.map((row) => show(reader, row))),
          next: page.next,
        };
      });
    },
    async create(actor, { name, password, mail, admin }) {
      requireHere();
      requireStrong(password);
      const address = mail === undefined ? null : plainMail(mail);
      const row = newRow(name, await hashPassword(password), admin ?? false, address);
      await database.write(everything, async (tx) => {
        await insert(tx, actor, row);
        recovery.invite(tx, row);
      });
      return database.read(everything, (reader) => show(reader, row));
    },
    show: (idOrName) =>
      database.read(everything, async (reader) => show(reader, await getUser(reader, idOrName))),
    async update(actor, idOrName, body, ifMatch) {
      requireHere();
      if (body.password !== undefined) requireStrong(body.password);
      const password = body.password === undefined ? undefined : await hashPassword(body.password);
      return database.write(everything, async (tx) => {
        const row = await getUser(tx, idOrName);
        requireRev(ifMatch, Number(row.rev));
        if (
          body.name !== undefined &&
          body.name !== row.name &&
          (await findUser(everything, tx, body.name))
        )
          throw fail("user.name-taken", { name: body.name });
        const mail = body.mail == null ? body.mail : plainMail(body.mail);
        const set = {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(mail === undefined || mail === row.mail ? {} : { mail, mail_verified_at: null }),
          ...(body.admin === undefined ? {} : { admin: body.admin ? 1 : 0 }),
          ...(body.status === undefined ? {} : { status: body.status }),
          ...(password === undefined ? {} : { password }),
          rev: Number(row.rev) + 1,
          updated_at: clock.now(),
        };
        await updateUser(everything, tx, row.uuid, set);
        if ((await countAdmins(everything, tx)) === 0) throw fail("user.last-admin");
        if (password !== undefined || mail !== undefined || body.status === "disabled")
          await removeMailLinks(everything, tx, row.uuid);
        if (password !== undefined || body.status === "disabled")
          await removeTokensOf(
            everything,
            tx,
            row.uuid,
            row.uuid === actor.uuid ? actor.token : null,
          );
        await audit.append(tx, {
          actor,
          action: "user.update",
          project: null,
          resource: { noun: "user", uuid: row.uuid, name: row.name },
          facts: { changed: Object.keys(body) },
        });
        tx.afterCommit(tokens.forget);
        const changed = { ...row, ...set };
        if (changed.mail !== row.mail) recovery.invite(tx, changed);
        return show(tx, changed);
      });
    },
    async unlock(actor, idOrName) {
      await database.write(everything, async (tx) => {
        const row = await getUser(tx, idOrName);
        await audit.append(tx, {
          actor,
          action: "user.unlock",
          project: null,
          resource: { noun: "user", uuid: row.uuid, name: row.name },
        });
        tx.afterCommit(() => throttle.right(keysOf(row)));
      });
    },
    async remove(actor, idOrName, ifMatch) {
      await database.write(everything, async (tx) => {
        const row = await getUser(tx, idOrName);
        requireRev(ifMatch, Number(row.rev));
        await removeUser(everything, tx, row.uuid);
        // Who is managed elsewhere comes again as they are there.
        if (people.managedAt === null && (await countAdmins(everything, tx)) === 0)
          throw fail("user.last-admin");
        await audit.append(tx, {
          actor,
          action: "user.remove",
          project: null,
          resource: { noun: "user", uuid: row.uuid, name: row.name },
        });
        tx.afterCommit(tokens.forget);
      });
    },
    async ensureAdministrator() {
      if (people.managedAt !== null) return undefined;
      if ((await database.read(everything, (reader) => countAdmins(everything, reader))) > 0)
        return undefined;
      const password = randomToken(15);
      const row = newRow(firstNames.user, await hashPassword(password), true, null);
      return database.write(everything, async (tx) => {
        if ((await countAdmins(everything, tx)) > 0) return undefined;
        await insert(tx, systemActor, row);
        if (!(await findProject(everything, tx, firstNames.project))) {
          const project = {
            uuid: newId(),
            name: firstNames.project,
            rev: 1,
            description: "",
            created_at: row.created_at,
            updated_at: row.updated_at,
            foreign_id: null,
          };
          await insertProject(everything, tx, project);
          await setMember(everything, tx, project.uuid as never, row.uuid, "manager");
        }
        return { user: row.uuid as UserId, name: row.name, password };
      });
    },
    find: async (name) =>
      (await database.read(everything, (reader) => findUser(everything, reader, name)))?.uuid as
        | UserId
        | undefined,
  };
};

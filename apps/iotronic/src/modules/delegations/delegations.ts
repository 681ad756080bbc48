// The noun: some actions on a board, for somebody outside of its project, until a moment. What that means at each door is the
// policy's matter.
import {
  type BodyOf,
  type DelegableAction,
  type DelegatedBoard,
  type Delegation,
  type DelegationStatement,
  fail,
  isUuid,
  type ProjectId,
  type QueryOf,
  type rest,
} from "@s4t/contract";
import { type Clock, canonicalJson, toRfc3339 } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import { pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import type { Wishes } from "../../edge/wishes.ts";
import {
  type Actor,
  everything,
  may,
  requireMay,
  requirePerson,
  type Scope,
  within,
} from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import { chainOf, checked } from "./standing.ts";
import {
  countGivenTo,
  countStanding,
  type DelegationRow,
  findDelegation,
  insertDelegation,
  listDelegations,
  lockDelegation,
  revokeDelegations,
} from "./store.ts";

/** Most delegations of one board that stand at once: people look through them. */
export const MAX_DELEGATIONS_PER_BOARD = 200;

/** Most that stand of one user or project: all of them are looked at whenever its rights are. */
export const MAX_DELEGATIONS_PER_SUBJECT = 1_000;

type Body = BodyOf<typeof rest.delegations.pass>;

export interface DelegationsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly wishes: Pick<Wishes, "find">;
  readonly findUser: (idOrName: string) => Promise<string | undefined>;
  readonly findProject: (idOrName: string) => Promise<string | undefined>;
  /** What actors may has changed. */
  readonly forget: () => void;
}

export interface Delegations {
  list(
    scope: Scope,
    query: QueryOf<typeof rest.delegations.list>,
  ): Promise<{ items: Delegation[]; next: string | null }>;
  /** One for each board, or none. Throws `delegation.wider` for what the giver may not do there. */
  create(
    actor: Actor,
    scope: Scope,
    body: BodyOf<typeof rest.delegations.create>,
  ): Promise<{ items: Delegation[] }>;
  mine(actor: Actor): Promise<{ items: DelegatedBoard[] }>;
  /** Gives on. Throws `delegation.not-found` for one that the actor does not have, `delegation.wider`. */
  pass(actor: Actor, uuid: string, body: Body): Promise<Delegation>;
  /** With everything that rests on it, in one transaction. Throws `delegation.not-found`. */
  revoke(actor: Actor, uuid: string): Promise<undefined>;
}

interface Ground {
  readonly board: { readonly uuid: string; readonly name: string; readonly project: string };
  /** On whose behalf. */
  readonly issuerProject: string | null;
  readonly parent: DelegationRow | null;
}

/** Makes the verbs. */
export const createDelegations = (deps: DelegationsDependencies): Delegations => {
  const { database, clock, audit, wishes } = deps;

  const show = (row: DelegationRow): Delegation => {
    const said = JSON.parse(row.statement) as DelegationStatement;
    const over = row.until_at <= clock.now() ? "expired" : "active";
    return {
      uuid: row.uuid,
      board: { uuid: row.board_id, name: row.board_name },
      to: { kind: said.subject.kind, uuid: row.subject_id, name: row.subject_name },
      by: { uuid: row.issuer_id, name: row.issuer_name },
      actions: said.actions,
      until: toRfc3339(row.until_at),
      depth: said.depth,
      parent: row.parent_id,
      createdAt: toRfc3339(row.created_at),
      state: row.revoked_at === null ? over : "revoked",
      statement: row.statement,
      hash: row.hash,
    };
  };

  const note = (
    tx: Tx,
    actor: Actor,
    action: string,
    {
      project_id,
      board_id,
      board_name,
      uuid,
      hash,
      subject_kind,
      subject_id,
      parent_id,
    }: DelegationRow,
    facts: Readonly<Record<string, number>> = {},
  ): Promise<void> =>
    audit.append(tx, {
      ...{ actor, action },
      project: project_id as ProjectId,
      resource: { noun: "board", uuid: board_id, name: board_name },
      facts: {
        ...{ delegation: uuid, hash, to: `${subject_kind}:${subject_id}`, parent: parent_id },
        ...facts,
      },
    });

  const subjectOf = async (to: Body["to"]) => {
    const kind = "user" in to ? ("user" as const) : ("project" as const);
    const name = "user" in to ? to.user : to.project;
    const uuid = await ("user" in to ? deps.findUser(name) : deps.findProject(name));
    if (uuid === undefined) throw fail(kind === "user" ? "user.not-found" : "project.not-found");
    return { kind, uuid, name };
  };

  const give = async (
    tx: Tx,
    actor: Actor,
    { board, issuerProject, parent }: Ground,
    subject: Awaited<ReturnType<typeof subjectOf>>,
    { actions, until, depth = 0 }: Omit<Body, "to">,
  ): Promise<DelegationRow> => {
    const now = clock.now();
    const untilMs = Date.parse(until);
    if (!(untilMs > now))
      throw fail("request.invalid", { where: "body/until", because: "must be later than now" });
    if ((await countStanding(everything, tx, board.uuid, now)) >= MAX_DELEGATIONS_PER_BOARD)
      throw fail("quota.exceeded", { limit: MAX_DELEGATIONS_PER_BOARD, what: "delegations" });
    if ((await countGivenTo(everything, tx, subject.uuid, now)) >= MAX_DELEGATIONS_PER_SUBJECT)
      throw fail("quota.exceeded", { limit: MAX_DELEGATIONS_PER_SUBJECT, what: "delegations" });
    const said: DelegationStatement = {
      v: 1,
      uuid: newId(),
      board: board.uuid,
      project: board.project,
      issuer: { uuid: actor.uuid, project: issuerProject },
      subject: { kind: subject.kind, uuid: subject.uuid },
      actions: [...actions].sort(),
      at: now,
      until: untilMs,
      depth,
      parent: parent?.hash ?? null,
    };
    const statement = canonicalJson(said);
    const row: DelegationRow = {
      uuid: said.uuid,
      project_id: board.project,
      board_id: board.uuid,
      board_name: board.name,
      parent_id: parent?.uuid ?? null,
      issuer_id: actor.uuid,
      issuer_name: actor.name,
      subject_kind: subject.kind,
      subject_id: subject.uuid,
      subject_name: subject.name,
      statement,
      hash: sha256Hex(statement),
      until_at: untilMs,
      created_at: now,
      revoked_at: null,
    };
    await insertDelegation(everything, tx, row);
    await note(tx, actor, parent ? "delegation.pass" : "delegation.create", row);
    tx.afterCommit(deps.forget);
    return row;
  };

  /**
   * Whether somebody has this one, and for which project where it was given to one. A token that is bound to a project is not the
   * person: it has what it may use.
   */
  const holds = (actor: Actor, { uuid: own, subject }: DelegationStatement): boolean => {
    const { kind, uuid } = subject;
    if (kind === "user" && !actor.delegated?.some((each) => each.uuid === own)) return false;
    return kind === "user"
      ? actor.kind === "user" && actor.uuid === uuid
      : actor.roles.has(uuid as ProjectId) && may(actor, "delegation.create", uuid as ProjectId);
  };

  const refuseWider = (said: DelegationStatement, { actions, until, depth = 0 }: Body): void => {
    const more = actions.find((action) => !said.actions.includes(action));
    if (more) throw fail("delegation.wider", { because: more });
    if (Date.parse(until) > said.until)
      throw fail("delegation.wider", { because: `it ends at ${toRfc3339(said.until)}` });
    if (depth >= said.depth)
      throw fail("delegation.wider", {
        because:
          said.depth === 0 ? "it may not be given on" : `it may be given on ${said.depth} times`,
      });
  };

  /**
   * Whether somebody may end one: who manages the board's project, has it, or has one that it rests on. What was given for a project
   * is the project's: who gave it has a say no longer than their role there.
   */
  const mayRevoke = async (actor: Actor, reader: Reader, row: DelegationRow): Promise<boolean> => {
    if (may(actor, "delegation.create", row.project_id as ProjectId)) return true;
    const chain = (await chainOf(reader, row)) ?? [row];
    return chain.some(({ statement }) =>
      holds(actor, JSON.parse(statement) as DelegationStatement),
    );
  };

  return {
    list: (scope, query) =>
      database.read(scope, async (reader) => {
        const after =
          query.after === undefined ? undefined : parseCursor(query.after, ["number", "string"]);
        const of = { after, board: query.board };
        const rows = await listDelegations(scope, reader, of, pageSizeOf(query) + 1);
        return pageOf(rows, query, (row) => [row.created_at, row.uuid], show);
      }),
    async create(actor, scope, { boards, to, ...given }) {
      const found = await Promise.all(boards.map((board) => wishes.find(scope, board)));
      for (const { project } of found) {
        requireMay(actor, "delegation.create", project);
        const more = given.actions.find((action) => !may(actor, action, project));
        if (more) throw fail("delegation.wider", { because: more });
      }
      const distinct = new Map(found.map((board) => [board.uuid, board]));
      const subject = await subjectOf(to);
      const rows = await database.write(everything, async (tx) => {
        const made: DelegationRow[] = [];
        for (const board of distinct.values())
          made.push(
            await give(
              tx,
              actor,
              { board, issuerProject: board.project, parent: null },
              subject,
              given,
            ),
          );
        return made;
      });
      return { items: rows.map(show) };
    },
    async mine(actor) {
      const now = clock.now();
      const boards = new Map<string, DelegatedBoard>();
      for (const each of actor.delegated ?? []) {
        if (each.untilMs <= now) continue;
        const actions = [...each.actions] as DelegableAction[];
        const there = boards.get(each.board) ?? {
          uuid: each.board,
          name: (await wishes.find(within(each.project), each.board)).name,
          actions: [],
          delegations: [],
        };
        boards.set(each.board, {
          ...there,
          actions: [...new Set([...there.actions, ...actions])].sort(),
          delegations: [
            ...there.delegations,
            { uuid: each.uuid, actions, until: toRfc3339(each.untilMs), depth: each.depth },
          ],
        });
      }
      return { items: [...boards.values()] };
    },
    async pass(actor, uuid, body) {
      requirePerson(actor, "delegation.pass");
      const mine = async (reader: Reader, row: DelegationRow | undefined) => {
        const said = row && isUuid(uuid) ? await checked(reader, row, clock.now()) : undefined;
        if (!row || !said || !holds(actor, said)) throw fail("delegation.not-found");
        return { row, said };
      };
      // Whether there is somebody of that name is told to who has something to give.
      const { said } = await database.read(everything, async (reader) =>
        mine(reader, await findDelegation(everything, reader, uuid)),
      );
      refuseWider(said, body);
      const { to, ...given } = body;
      const subject = await subjectOf(to);
      return database.write(everything, async (tx) => {
        const { row: parent } = await mine(tx, await lockDelegation(everything, tx, uuid));
        const board = { uuid: said.board, name: parent.board_name, project: said.project };
        const issuerProject = said.subject.kind === "project" ? said.subject.uuid : null;
        return show(await give(tx, actor, { board, issuerProject, parent }, subject, given));
      });
    },
    async revoke(actor, uuid) {
      await database.write(everything, async (tx) => {
        const row = isUuid(uuid) ? await lockDelegation(everything, tx, uuid) : undefined;
        if (!row || row.revoked_at !== null || !(await mayRevoke(actor, tx, row)))
          throw fail("delegation.not-found");
        let count = 0;
        for (let generation = [uuid]; generation.length > 0; count += 1)
          generation = await revokeDelegations(everything, tx, generation, clock.now());
        await note(tx, actor, "delegation.revoke", row, { generations: count });
        tx.afterCommit(deps.forget);
      });
      return undefined;
    },
  };
};

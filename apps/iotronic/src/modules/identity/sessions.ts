// Signing in and out.
import {
  type BodyOf,
  fail,
  MAX_PAGE_SIZE,
  type rest,
  type Session,
  type SignedIn,
  type Token,
  type UserId,
} from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import type { Proof } from "../../edge/identity.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, denied, everything, requirePerson, systemActor } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import type { IdentityContext } from "./identity.ts";
import { removeMailLinks } from "./mail-store.ts";
import { hashPassword, isPassword, requireStrong } from "./passwords.ts";
import type { Proofs, Proven } from "./proofs.ts";
import {
  findUser,
  listMemberships,
  lockProved,
  lockUser,
  type UserRow,
  updateUser,
} from "./store.ts";
import type { Throttle } from "./throttle.ts";
import {
  findToken,
  insertLink,
  listEndable,
  listMade,
  listTokens,
  removeToken,
  removeTokensOf,
  type TokenRow,
} from "./token-store.ts";
import { isForeign, isMade, SIGN_IN_LIFE_S } from "./tokens.ts";

/** How long a one-time sign-in link is good. */
export const SIGN_IN_LINK_LIFE_S = 900;

/** Somebody else's proof has a way of its own. */
type SignIn = Exclude<BodyOf<typeof rest.sessions.signIn>, { method: "oidc" }>;

export interface Sessions {
  signIn(body: SignIn, address: string | null, agent: string | null): Promise<SignedIn>;
  /** Begins one for whom somebody else has proved. */
  startFor(
    user: UserRow,
    proved: {
      readonly method: string;
      readonly by: string;
      readonly address: string | null;
      readonly agent: string | null;
    },
  ): Promise<SignedIn>;
  show(actor: Actor): Promise<Session>;
  signOut(actor: Actor): Promise<void>;
  changePassword(
    actor: Actor,
    body: { readonly current: string; readonly next: string },
  ): Promise<void>;
  /** A code for one sign-in without a password, for whoever started the cloud. */
  createLink(user: UserId): Promise<string>;
  listTokens(actor: Actor, query: PageQuery): Promise<{ items: Token[]; next: string | null }>;
  createToken(
    actor: Actor,
    body: { readonly name: string; readonly expiresInS: number },
    agent: string | null,
  ): Promise<{ secret: string; token: Token }>;
  revokeToken(actor: Actor, uuid: string): Promise<void>;
  /** Ends all sessions but this one; answers how many. Throws `policy.denied` for what is bound. */
  endOthers(actor: Actor): Promise<number>;
  /** An administrator looks at somebody's, and ends them all, tokens for scripts too. */
  listOf(
    actor: Actor,
    user: string,
    query: PageQuery,
  ): Promise<{ items: Token[]; next: string | null }>;
  endOf(actor: Actor, user: string): Promise<number>;
}

/** The body of a sign-in as a proof. */
const proofOf = (body: SignIn): Proof => {
  if (body.method === "link") return body;
  if (body.method === "password") return { ...body, user: { by: "name", key: body.name } };
  const credential = { by: "id", key: body.id } as const;
  return { method: "credential", credential, owner: undefined, secret: body.secret };
};

/** Who has just proved who they are, for the record. */
export const signingIn = (user: UserRow, address: string | null): Actor => ({
  ...systemActor,
  kind: "user",
  uuid: user.uuid,
  name: user.name,
  admin: false,
  address,
});

/** What a token is; those of before are told by what they were called. */
const kindOf = ({ kind, name, methods }: TokenRow): Token["kind"] => {
  if (kind !== null) return kind as Token["kind"];
  if (name === "sign-in") return "session";
  return methods === null ? "token" : "identity";
};

/** Makes the verbs. */
export const createSessions = (
  context: IdentityContext,
  throttle: Throttle,
  proofs: Proofs,
): Sessions => {
  const { database, clock, log, audit, tokens, people, requireHere, actionsOf } = context;

  const showToken = (row: TokenRow, current: string | null): Token => ({
    uuid: row.uuid,
    name: row.name,
    status: Number(row.expires_at) > clock.now() ? "active" : "expired",
    user: row.user_id,
    createdAt: toRfc3339(Number(row.created_at)),
    expiresAt: toRfc3339(Number(row.expires_at)),
    lastUsedAt: row.last_used_at === null ? null : toRfc3339(Number(row.last_used_at)),
    address: row.address,
    kind: kindOf(row),
    agent: row.agent,
    current: row.uuid === current,
  });

  const show = async (actor: Actor): Promise<Session> => {
    const { user, memberships } = await database.read(everything, async (reader) => ({
      user: await findUser(everything, reader, actor.uuid),
      memberships: await listMemberships(everything, reader, actor.uuid),
    }));
    if (!user) throw fail("auth.required");
    return {
      user: {
        ...{ uuid: user.uuid, name: user.name, admin: actor.admin },
        ...{ mail: user.mail, mailVerified: user.mail_verified_at !== null },
      },
      projects: memberships
        .filter(({ project }) => actor.admin || actor.roles.has(project))
        .map(({ project, projectName, role }) => ({
          uuid: project,
          name: projectName,
          role: actor.roles.get(project) ?? role,
        })),
      project: actor.defaultProject,
      expiresAt: null,
      actions: [...actionsOf(actor)],
    };
  };

  /**
   * Which of a person's sessions and tokens this one may know of and end: all, or only itself and what was made of it. A credential's,
   * and one that is bound to a project, has nothing to do with the others.
   */
  const reachOf = async (reader: Reader, actor: Actor): Promise<"all" | ReadonlySet<string>> => {
    const shown = await findToken(everything, reader, "uuid", actor.token ?? "");
    if (actor.kind === "user" && shown?.project_id === null) return "all";
    return shown ? listMade(everything, reader, actor.uuid, shown.uuid) : new Set();
  };

  const findOther = async (reader: Reader, idOrName: string): Promise<UserRow> => {
    const found = await findUser(everything, reader, idOrName);
    if (!found) throw fail("user.not-found");
    return found;
  };

  /** The one way in which a session begins, whoever proved its person. */
  const start = async (
    user: UserRow,
    { address, agent }: { readonly address: string | null; readonly agent: string | null },
    facts: Readonly<Record<string, string>>,
    credential: string | null,
    bond: Proven["bond"],
  ): Promise<SignedIn> => {
    const { secret, row } = await database.write(everything, async (tx) => {
      await lockProved(everything, tx, user);
      await updateUser(everything, tx, user.uuid, { last_sign_in_at: clock.now() });
      const issued = await tokens.issue(tx, {
        ...{ user: user.uuid, credential, name: "sign-in" },
        kind: credential === null ? "session" : "program",
        ...{ address, agent },
        expiresAtMs: Math.min(
          clock.now() + SIGN_IN_LIFE_S * 1_000,
          bond?.expiresAtMs ?? Number.POSITIVE_INFINITY,
        ),
        bond: bond?.token ?? null,
      });
      await audit.append(tx, {
        ...{ actor: signingIn(user, address), action: "session.start", project: null },
        facts,
      });
      return issued;
    });
    const actor = await tokens.find(secret);
    if (!actor || actor === "expired") throw fail("auth.failed");
    return {
      token: secret,
      session: { ...(await show(actor)), expiresAt: toRfc3339(Number(row.expires_at)) },
    };
  };

  return {
    async signIn(body, address, agent) {
      const { user, credential, factor, bond } = await proofs.prove(proofOf(body), address);
      const facts = { method: body.method, ...(factor ? { factor } : {}) };
      return start(user, { address, agent }, facts, credential?.uuid ?? null, bond);
    },
    startFor: (user, { method, by, address, agent }) =>
      start(user, { address, agent }, { method, by }, null, null),
    show,
    async signOut(actor) {
      if (actor.token === null) return;
      const token = actor.token;
      const bond = tokens.bondOf(actor);
      await database.write(everything, async (tx) => {
        await removeToken(everything, tx, actor.uuid, token);
        await audit.append(tx, { actor, action: "session.end", project: null });
        tx.afterCommit(tokens.forget);
      });
      // Signed out here is signed out; there, as soon as it can be heard.
      await (bond === undefined ? undefined : people.end(bond))?.catch((error: unknown) =>
        log.warn("A token could not be ended where it was made", { error }),
      );
    },
    async changePassword(actor, { current, next }) {
      requirePerson(actor, "session.password");
      requireHere();
      requireStrong(next);
      const user = await database.read(everything, (reader) =>
        findUser(everything, reader, actor.uuid),
      );
      const keys = [`name ${user?.name}`];
      using _try = throttle.begin(keys);
      if (!(await isPassword(user?.password, current))) {
        throttle.wrong(keys);
        await audit.record({ actor, action: "session.password", status: "denied", project: null });
        throw fail("auth.failed");
      }
      throttle.right(keys);
      const password = await hashPassword(next);
      await database.write(everything, async (tx) => {
        await updateUser(everything, tx, actor.uuid, { password, updated_at: clock.now() });
        await removeMailLinks(everything, tx, actor.uuid);
        await removeTokensOf(everything, tx, actor.uuid, actor.token);
        await audit.append(tx, { actor, action: "session.password", project: null });
        tx.afterCommit(tokens.forget);
      });
    },
    async createLink(user) {
      const code = randomToken(16);
      await database.write(everything, (tx) =>
        insertLink(
          everything,
          tx,
          sha256Hex(code),
          user,
          clock.now() + SIGN_IN_LINK_LIFE_S * 1_000,
        ),
      );
      return code;
    },
    async listTokens(actor, query) {
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      const seen = await database.read(everything, async (reader) => {
        const mine = await reachOf(reader, actor);
        const limit = mine === "all" ? pageSizeOf(query) + 1 : MAX_PAGE_SIZE;
        const rows = await listTokens(everything, reader, actor.uuid, after, limit);
        return mine === "all" ? rows : rows.filter(({ uuid }) => mine.has(uuid));
      });
      return pageOf(
        seen,
        query,
        (row) => [row.uuid],
        (row) => showToken(row, actor.token),
      );
    },
    async createToken(actor, { name, expiresInS }, agent) {
      requirePerson(actor, "token.create");
      if (isForeign(actor)) requireHere();
      const { secret, row } = await database.write(everything, async (tx) => {
        await lockUser(everything, tx, actor.uuid);
        const shown = await findToken(everything, tx, "uuid", actor.token ?? "");
        // It may have ended since it was looked at.
        if (!shown) throw fail("auth.required");
        const wantedMs = clock.now() + expiresInS * 1_000;
        const isBounded = isMade(shown);
        const issued = await tokens.issue(tx, {
          user: actor.uuid,
          credential: null,
          name,
          kind: "token",
          ...{ address: actor.address, agent },
          expiresAtMs: isBounded ? Math.min(wantedMs, Number(shown.expires_at)) : wantedMs,
          projectId: shown.project_id,
          scope: shown.scope as "domain" | "system" | null,
          methods: shown.methods?.split(",") ?? ["token"],
          parent: isBounded ? shown.uuid : null,
        });
        await audit.append(tx, {
          actor,
          action: "token.create",
          project: null,
          resource: { noun: "token", uuid: issued.row.uuid, name },
        });
        return issued;
      });
      return { secret, token: showToken(row, actor.token) };
    },
    async revokeToken(actor, uuid) {
      await database.write(everything, async (tx) => {
        const mine = await reachOf(tx, actor);
        if (mine !== "all" && !mine.has(uuid)) throw fail("token.not-found");
        if (!(await removeToken(everything, tx, actor.uuid, uuid))) throw fail("token.not-found");
        await audit.append(tx, {
          actor,
          action: "token.revoke",
          project: null,
          resource: { noun: "token", uuid, name: null },
        });
        tx.afterCommit(tokens.forget);
      });
    },
    async endOthers(actor) {
      requirePerson(actor, "token.end-others");
      return database.write(everything, async (tx) => {
        if ((await reachOf(tx, actor)) !== "all") throw denied("token.end-others");
        const ended = await listEndable(everything, tx, actor.uuid, actor.token, false);
        for (const uuid of ended) await removeToken(everything, tx, actor.uuid, uuid);
        await audit.append(tx, {
          ...{ actor, action: "token.end-others", project: null },
          facts: { ended: ended.length },
        });
        tx.afterCommit(tokens.forget);
        return ended.length;
      });
    },
    async listOf(actor, user, query) {
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      const rows = await database.read(everything, async (reader) => {
        const { uuid } = await findOther(reader, user);
        return listTokens(everything, reader, uuid, after, pageSizeOf(query) + 1);
      });
      return pageOf(
        rows,
        query,
        (row) => [row.uuid],
        (row) => showToken(row, actor.token),
      );
    },
    async endOf(actor, user) {
      return database.write(everything, async (tx) => {
        const { uuid: whose, name } = await findOther(tx, user);
        const ended = await listEndable(everything, tx, whose, actor.token, true);
        for (const uuid of ended) await removeToken(everything, tx, whose, uuid);
        await audit.append(tx, {
          ...{ actor, action: "user.end-sessions", project: null },
          resource: { noun: "user", uuid: whose, name },
          facts: { ended: ended.length },
        });
        tx.afterCommit(tokens.forget);
        return ended.length;
      });
    },
  };
};

// Tokens: 256 random bits, stored hashed, looked up in a map. A revocation takes effect with its commit. Whoever vouches for people may
// have tokens of their own: those are asked after there, and so is what people may.
import { fail, type ProjectId, type TokenKind } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { keyOf, lock, randomToken, sha256Hex, unlock } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { type Actor, actingOn, everything } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import type { IdentityDriver } from "../../ports/identity.ts";
import type { IdentityDependencies } from "./identity.ts";
import type { Shadows } from "./shadows.ts";
import { findCredential, findUser, listProjects, type ProjectRole } from "./store.ts";
import {
  findToken,
  insertToken,
  listBeyond,
  removeExpired,
  removeToken,
  type TokenRow,
  touchTokens,
} from "./token-store.ts";

/** How long a sign-in lasts. */
export const SIGN_IN_LIFE_S = 43_200;
/** Tokens whose actors are kept in memory. */
export const MAX_CACHED_TOKENS = 20_000;
/** How often the moments of last use are written. */
export const LAST_USED_FLUSH_MS = 60_000;

/** Sessions of one person: a new one beyond that ends the oldest. */
export const MAX_SESSIONS_PER_USER = 100;
/** Sessions of one person's programs, by application credentials: the oldest ends. */
export const MAX_PROGRAM_SESSIONS_PER_USER = 1_000;
/** Tokens for scripts that one person has: more are refused, since none of them may end unasked. */
export const MAX_TOKENS_PER_USER = 100;
/** Tokens of the Identity API of one person; its clients make one for each command, and the oldest ends. */
export const MAX_IDENTITY_TOKENS_PER_USER = 1_000;

const mostOf: Readonly<Record<TokenKind, number>> = {
  session: MAX_SESSIONS_PER_USER,
  program: MAX_PROGRAM_SESSIONS_PER_USER,
  token: MAX_TOKENS_PER_USER,
  identity: MAX_IDENTITY_TOKENS_PER_USER,
};

interface Cached {
  readonly actor: Actor;
  readonly expiresAtMs: number;
  /** Until when it is not looked at again, in monotonic ms: no later than the first delegation ends. */
  readonly freshUntilMs: number;
}

type Found = Cached | "expired" | undefined;

/** What the token of an actor is called that came with one of a Keystone: there is no row of it. */
const foreignPrefix = "keystone ";

/** Whether an actor came with a token of whoever vouches, and not with one of ours. */
export const isForeign = ({ token }: Actor): boolean => token?.startsWith(foreignPrefix) === true;

/** Whether a token was made by one, or is bound: what it makes ends with it. Who has just signed in makes what lasts longer. */
export const isMade = ({ methods, project_id }: TokenRow): boolean =>
  methods !== null || project_id !== null;

/** Whether a token was proved by more than another token. */
export const isFirstHand = ({ methods, parent }: TokenRow): boolean =>
  parent === null && methods?.split(",").includes("token") !== true;

const sealKey = (secret: string, uuid: string): Buffer => keyOf(secret, uuid, "s4t session");

export interface Tokens extends Part {
  /** The actor of a bearer token; undefined for none such. At once where it is known already. */
  find(token: string): Actor | "expired" | undefined | Promise<Actor | "expired" | undefined>;
  /** Makes a token within a transaction. The secret is shown once. */
  issue(
    tx: Tx,
    token: {
      readonly user: string;
      readonly credential: string | null;
      readonly name: string;
      readonly address: string | null;
      readonly expiresAtMs: number;
      /** The one project that it is good for. */
      readonly projectId?: string | null;
      readonly scope?: "domain" | "system" | null;
      /** How it was proved, in the words of the Identity API. */
      readonly methods?: readonly string[];
      /** The token that it is made of. */
      readonly parent?: string | null;
      readonly kind: TokenKind;
      /** What the program that asks for it calls itself. */
      readonly agent?: string | null;
      /** The token of a Keystone that it is bound to. */
      readonly bond?: string | null;
    },
  ): Promise<{ secret: string; row: TokenRow }>;
  /** The token of a Keystone that an actor came with, or that what they came with is bound to. */
  bondOf(actor: Actor): string | undefined;
  /** The same actor with the rights of now; undefined once the token that it came with has ended. */
  again(actor: Actor): Promise<Actor | undefined>;
  /** Forgets what is remembered: after anything that changes who may what. */
  forget(): void;
}

export const createTokens = ({
  delegationsOf,
  database,
  clock,
  log,
  people,
  shadows,
}: Pick<IdentityDependencies, "delegationsOf"> & {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly people: IdentityDriver;
  readonly shadows: Shadows;
}): Tokens => {
  const cache = new Map<string, Cached>();
  const loading = new Map<string, Promise<Actor | "expired" | undefined>>();
  /** Tokens of a Keystone, by what an actor's token is called. */
  const bonds = new Map<string, string>();
  const used = new Map<string, number>();
  let generation = 0;
  let timer: { cancel(): void } | undefined;

  const remember = (called: string, token: string): void => {
    bonds.delete(called);
    if (bonds.size >= MAX_CACHED_TOKENS) bonds.delete(bonds.keys().next().value as string);
    bonds.set(called, token);
  };

  /** With what was delegated to the actor's projects, and to the person where the token is bound to nothing. */
  const withDelegated = async (found: Cached, isWhole: boolean): Promise<Cached> => {
    const { uuid, roles } = found.actor;
    const delegated = await database.read(everything, (reader) =>
      delegationsOf(reader, { user: isWhole ? uuid : null, roles }),
    );
    const endsMs = delegated.reduce(
      (first, { untilMs }) => Math.min(first, untilMs),
      Number.POSITIVE_INFINITY,
    );
    return {
      ...found,
      actor: { ...found.actor, delegated },
      freshUntilMs: Math.min(found.freshUntilMs, clock.monotonicMs() + endsMs - clock.now()),
    };
  };

  /** A token of whoever vouches. Throws `auth.no-role` where it is good for nothing here. */
  const readForeign = async (token: string): Promise<Found> => {
    const standing = await people.judge(token);
    if (!standing) return undefined;
    const { expiresAtMs, freshUntilMs, project } = standing;
    if (expiresAtMs <= clock.now()) return "expired";
    if (!standing.isAdmin && standing.roles.length === 0) throw fail("auth.no-role");
    const { user, name, isAdmin, roles } = await shadows.mirror(standing, false);
    const called = foreignPrefix + sha256Hex(token).slice(0, 32);
    remember(called, token);
    const [first = null] = project === null ? [] : roles.keys();
    const actor: Actor = {
      ...{ kind: "user", uuid: user, name, admin: isAdmin, roles },
      ...{ defaultProject: first, token: called, address: null },
    };
    return withDelegated({ actor, expiresAtMs, freshUntilMs }, project === null);
  };

  /** Until when the token of a Keystone that a session is bound to is good; undefined where it is not. */
  const bondFresh = async (
    { uuid, sealed }: TokenRow,
    foreignId: string | null,
    secret: string | undefined,
  ): Promise<number | undefined> => {
    if (sealed === null) return Number.POSITIVE_INFINITY;
    const bond =
      secret === undefined
        ? bonds.get(uuid)
        : unlock(sealKey(secret, uuid), uuid, sealed).toString();
    const judged = bond === undefined ? undefined : await people.judge(bond);
    if (bond === undefined || judged?.user.id !== foreignId) return undefined;
    remember(uuid, bond);
    return judged?.freshUntilMs;
  };

  const read = async (by: "hash" | "uuid", key: string, secret?: string): Promise<Found> => {
    const found = await database.read(everything, async (reader) => {
      const row = await findToken(everything, reader, by, key);
      const user = row && (await findUser(everything, reader, row.user_id));
      if (!row || user?.status !== "active") return undefined;
      const credential =
        row.credential_id === null
          ? undefined
          : await findCredential(everything, reader, row.credential_id);
      // Gone since its token was looked up: what is left is not its owner's.
      if (row.credential_id !== null && !credential) return undefined;
      const first = user.admin === 1 ? await listProjects(everything, reader, undefined, 1) : [];
      return { row, user, credential, first };
    });
    if (!found) return undefined;
    const { row, user, credential, first } = found;
    // Of somebody whom nobody vouches for any more, now that somebody else does.
    if ((user.foreign_id === null) !== (people.managedAt === null)) return undefined;
    const expiresAtMs = Math.min(
      Number(row.expires_at),
      Number(credential?.expires_at ?? Number.POSITIVE_INFINITY),
    );
    if (expiresAtMs <= clock.now()) return "expired";
    const bondFreshMs = await bondFresh(row, user.foreign_id, secret);
    const standing =
      bondFreshMs === undefined ? undefined : await people.standing(user.foreign_id ?? user.uuid);
    if (bondFreshMs === undefined || !standing) return undefined;
    const { isAdmin, roles } = await shadows.mirror(standing, true);
    const own = new Map<ProjectId, ProjectRole>(
      [...roles].filter(([project]) => isAdmin || (row.project_id ?? project) === project),
    );
    // Bound to what its owner may not any more, it is worth nothing.
    if (!isAdmin && ((row.project_id !== null && own.size === 0) || row.scope !== null))
      return undefined;
    const [firstOwn] = roles.keys();
    const actor: Actor = credential
      ? {
          kind: "credential",
          uuid: user.uuid,
          name: `${user.name}/${credential.name}`,
          admin: false,
          // At most what its owner may there now.
          roles: limited(
            credential.project_id as ProjectId,
            credential.role as ProjectRole,
            own,
            isAdmin,
          ),
          defaultProject: credential.project_id as ProjectId,
          token: row.uuid,
          address: null,
        }
      : {
          kind: "user",
          uuid: user.uuid,
          name: user.name,
          admin: isAdmin,
          roles: own,
          defaultProject: (row.project_id ??
            firstOwn ??
            first[0]?.uuid ??
            null) as ProjectId | null,
          token: row.uuid,
          address: null,
        };
    const isWhole = !credential && row.project_id === null && row.scope === null;
    const freshUntilMs = Math.min(bondFreshMs, standing.freshUntilMs);
    return withDelegated({ actor, expiresAtMs, freshUntilMs }, isWhole);
  };

  const load = (token: string, hash: string): Promise<Actor | "expired" | undefined> => {
    const under = loading.get(hash);
    if (under) return under;
    const before = generation;
    const work = async () => {
      const found = people.isToken(token)
        ? await readForeign(token)
        : await read("hash", hash, token);
      if (found === undefined || found === "expired") {
        cache.delete(hash);
        return found;
      }
      if (before === generation) {
        if (cache.size >= MAX_CACHED_TOKENS) cache.clear();
        cache.set(hash, found);
      }
      return found.actor;
    };
    const flight = work();
    loading.set(hash, flight);
    const end = (): void => {
      if (loading.get(hash) === flight) loading.delete(hash);
    };
    // Who only compares it with what they know does not wait for it.
    flight.then(end, end);
    return flight;
  };

  const flush = (): void => {
    timer = clock.after(LAST_USED_FLUSH_MS, () => {
      const batch = new Map(used);
      used.clear();
      database
        .write(everything, async (tx) => {
          await touchTokens(everything, tx, batch);
          await removeExpired(everything, tx, clock.now());
        })
        .catch((error: unknown) => log.warn("Last uses of tokens could not be written", { error }))
        .finally(flush);
    });
  };

  return {
    name: "tokens",
    start: flush,
    stop: () => timer?.cancel(),
    find(token) {
      const hash = sha256Hex(token);
      const known = cache.get(hash);
      if (!known || known.freshUntilMs <= clock.monotonicMs()) return load(token, hash);
      const now = clock.now();
      if (known.expiresAtMs <= now) return "expired";
      if (known.actor.token && !isForeign(known.actor)) used.set(known.actor.token, now);
      return known.actor;
    },
    async again(actor) {
      if (actor.token === null) return undefined;
      const foreign = isForeign(actor) ? bonds.get(actor.token) : null;
      if (foreign === undefined) return undefined;
      const found = await (foreign === null ? read("uuid", actor.token) : readForeign(foreign));
      if (found === undefined || found === "expired") return undefined;
      const now: Actor = { ...found.actor, address: actor.address };
      if (!actor.by) return now;
      // Who came by a delegation stays by it, or by nothing.
      const nothing: Actor = { ...now, admin: false, roles: new Map(), delegated: [] };
      return actingOn(now, actor.by.board, clock.now()) ?? nothing;
    },
    async issue(tx, token) {
      const secret = randomToken(32);
      const uuid = newId();
      const row: TokenRow = {
        uuid,
        hash: sha256Hex(secret),
        user_id: token.user,
        credential_id: token.credential,
        name: token.name,
        address: token.address,
        created_at: clock.now(),
        expires_at: token.expiresAtMs,
        last_used_at: null,
        project_id: token.projectId ?? null,
        scope: token.scope ?? null,
        methods: token.methods?.join(",") ?? null,
        parent: token.parent ?? null,
        kind: token.kind,
        agent: token.agent ?? null,
        sealed: token.bond == null ? null : lock(sealKey(secret, uuid), uuid, token.bond),
      };
      await insertToken(everything, tx, row);
      const limit = mostOf[token.kind];
      const beyond = await listBeyond(everything, tx, token.user, token.kind, limit);
      if (beyond.length > 0 && token.kind === "token") throw fail("token.too-many", { limit });
      for (const oldest of beyond) await removeToken(everything, tx, token.user, oldest);
      if (beyond.length > 0)
        tx.afterCommit(() => {
          generation += 1;
          cache.clear();
          loading.clear();
        });
      return { secret, row };
    },
    bondOf: ({ token }) => (token === null ? undefined : bonds.get(token)),
    forget() {
      generation += 1;
      cache.clear();
      loading.clear();
      shadows.forget();
    },
  };
};

const strength: readonly ProjectRole[] = ["auditor", "user", "manager"];

const limited = (
  project: ProjectId,
  wanted: ProjectRole,
  own: ReadonlyMap<ProjectId, ProjectRole>,
  admin: boolean,
): ReadonlyMap<ProjectId, ProjectRole> => {
  if (admin) return new Map([[project, wanted]]);
  const has = own.get(project);
  if (has === undefined) return new Map();
  return new Map([[project, strength.indexOf(wanted) <= strength.indexOf(has) ? wanted : has]]);
};

// Tokens: 256 random bits, stored hashed, looked up in a map. A revocation takes effect with its commit.
import type { ProjectId } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { type Actor, everything } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import {
  findCredential,
  findUser,
  listMemberships,
  listProjects,
  type ProjectRole,
} from "./store.ts";
import {
  findToken,
  insertToken,
  removeExpired,
  type TokenRow,
  touchTokens,
} from "./token-store.ts";

/** How long a sign-in lasts. */
export const SIGN_IN_LIFE_S = 43_200;
/** Tokens whose actors are kept in memory. */
export const MAX_CACHED_TOKENS = 20_000;
/** How often the moments of last use are written. */
export const LAST_USED_FLUSH_MS = 60_000;

interface Cached {
  readonly actor: Actor;
  readonly expiresAtMs: number;
}

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
    },
  ): Promise<{ secret: string; row: TokenRow }>;
  /** The same actor with the rights of now; undefined once the token that it came with has ended. */
  again(actor: Actor): Promise<Actor | undefined>;
  /** Forgets what is remembered: after anything that changes who may what. */
  forget(): void;
}

export const createTokens = ({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}): Tokens => {
  const cache = new Map<string, Cached>();
  const used = new Map<string, number>();
  let generation = 0;
  let timer: { cancel(): void } | undefined;

  const read = async (
    by: "hash" | "uuid",
    key: string,
  ): Promise<Cached | "expired" | undefined> => {
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
      const memberships = await listMemberships(everything, reader, user.uuid);
      const first = user.admin === 1 ? await listProjects(everything, reader, undefined, 1) : [];
      return { row, user, credential, memberships, first };
    });
    if (!found) return undefined;
    const { row, user, credential, memberships, first } = found;
    const expiresAtMs = Math.min(
      Number(row.expires_at),
      Number(credential?.expires_at ?? Number.POSITIVE_INFINITY),
    );
    if (expiresAtMs <= clock.now()) return "expired";
    const isAdmin = user.admin === 1;
    const own = new Map<ProjectId, ProjectRole>(
      memberships
        .filter(({ project }) => isAdmin || (row.project_id ?? project) === project)
        .map(({ project, role }) => [project, role]),
    );
    // Bound to what its owner may not any more, it is worth nothing.
    if (!isAdmin && ((row.project_id !== null && own.size === 0) || row.scope !== null))
      return undefined;
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
            memberships[0]?.project ??
            first[0]?.uuid ??
            null) as ProjectId | null,
          token: row.uuid,
          address: null,
        };
    return { actor, expiresAtMs };
  };

  const load = async (hash: string): Promise<Actor | "expired" | undefined> => {
    const before = generation;
    const found = await read("hash", hash);
    if (found === undefined || found === "expired") return found;
    if (before === generation) {
      if (cache.size >= MAX_CACHED_TOKENS) cache.clear();
      cache.set(hash, found);
    }
    return found.actor;
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
      if (!known) return load(hash);
      const now = clock.now();
      if (known.expiresAtMs <= now) return "expired";
      if (known.actor.token) used.set(known.actor.token, now);
      return known.actor;
    },
    async again(actor) {
      if (actor.token === null) return undefined;
      const found = await read("uuid", actor.token);
      return found === undefined || found === "expired"
        ? undefined
        : { ...found.actor, address: actor.address };
    },
    async issue(tx, token) {
      const secret = randomToken(32);
      const row: TokenRow = {
        uuid: newId(),
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
      };
      await insertToken(everything, tx, row);
      return { secret, row };
    },
    forget() {
      generation += 1;
      cache.clear();
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

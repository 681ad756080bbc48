// Tokens with a scope: made for one project (or for all of the cloud), looked at, ended. They are tokens like any other.
import { fail, isUuid, type ProjectId, type Role } from "@s4t/contract";
import type { Called, Proof, ScopedTokens, TokenShown, WantedScope } from "../../edge/identity.ts";
import { type Actor, everything } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import type { IdentityContext } from "./identity.ts";
import type { Proofs } from "./proofs.ts";
import type { Factor } from "./second-factor.ts";
import { signingIn } from "./sessions.ts";
import {
  type CredentialRow,
  findCredential,
  findProject,
  findUser,
  listMemberships,
  lockProved,
  type UserRow,
  updateUser,
} from "./store.ts";
import { findToken, removeToken, type TokenRow } from "./token-store.ts";

/** What was proved, and by which token where it was by one. */
interface Ground {
  readonly user: UserRow;
  readonly credential: CredentialRow | null;
  readonly shown: TokenRow | undefined;
  readonly methods: readonly string[];
  readonly factor?: Factor | undefined;
}

/** What a token is made for; `projectId` of one that is a project's. */
interface Reach {
  readonly projectId: string | null;
  readonly scope: "domain" | "system" | null;
}

const methodsOf = (row: TokenRow): readonly string[] =>
  row.methods?.split(",") ?? [row.credential_id === null ? "password" : "application_credential"];

/** Makes the verbs. `lifeS`: how long such a token lasts. */
export const createScopedTokens = (
  { database, clock, audit, tokens }: IdentityContext,
  proofs: Proofs,
  lifeS: number,
): ScopedTokens => {
  const rolesOf = (actor: Actor, kind: TokenShown["scope"]["kind"], project: string | null) => {
    if (kind === "none") return [];
    const own = project === null ? undefined : actor.roles.get(project as ProjectId);
    return [...(actor.admin ? (["admin"] as const) : []), ...(own ? [own] : [])] as Role[];
  };

  const show = async (actor: Actor, uuid: string): Promise<TokenShown | undefined> =>
    database.read(everything, async (reader) => {
      const row = await findToken(everything, reader, "uuid", uuid);
      const user = row && (await findUser(everything, reader, row.user_id));
      if (!row || !user) return undefined;
      const credential =
        row.credential_id === null
          ? undefined
          : await findCredential(everything, reader, row.credential_id);
      if (row.credential_id !== null && !credential) return undefined;
      const projectId = credential?.project_id ?? row.project_id;
      const project =
        projectId === null ? undefined : await findProject(everything, reader, projectId);
      const kind = project ? "project" : ((row.scope ?? "none") as "none" | "domain" | "system");
      const roles = rolesOf(actor, kind, projectId);
      // A credential whose owner has left its project is still there, and good for nothing.
      if (kind !== "none" && roles.length === 0) return undefined;
      return {
        uuid: row.uuid,
        parent: row.parent,
        methods: methodsOf(row),
        user: { uuid: user.uuid, name: user.name },
        scope: project
          ? { kind: "project", uuid: project.uuid as ProjectId, name: project.name }
          : { kind: kind as "none" },
        roles,
        credential: credential ? { uuid: credential.uuid, name: credential.name } : null,
        issuedAtMs: Number(row.created_at),
        expiresAtMs: Math.min(
          Number(row.expires_at),
          Number(credential?.expires_at ?? Number.POSITIVE_INFINITY),
        ),
      };
    });

  /** Whose token it is; a foreign one is as none, but for administrators. */
  const find = async (actor: Actor, secret: string): Promise<Actor & { token: string }> => {
    const found = await tokens.find(secret);
    if (found === undefined || found === "expired" || found.token === null)
      throw fail("token.not-found");
    if (!actor.admin && found.uuid !== actor.uuid) throw fail("token.not-found");
    return { ...found, token: found.token };
  };

  const byToken = async (secret: string): Promise<Ground> => {
    const actor = await tokens.find(secret);
    if (actor === "expired") throw fail("auth.expired");
    const ground =
      actor?.token &&
      (await database.read(everything, async (reader) => {
        const shown = await findToken(everything, reader, "uuid", actor.token ?? "");
        const user = await findUser(everything, reader, actor.uuid);
        const credential =
          shown?.credential_id == null
            ? null
            : await findCredential(everything, reader, shown.credential_id);
        return shown && user && credential !== undefined ? { user, credential, shown } : undefined;
      }));
    if (!ground) throw fail("auth.failed");
    const methods = new Set(["token", ...methodsOf(ground.shown)]);
    return { ...ground, methods: [...methods] };
  };

  /** A project that the user reaches, by the same looks whether there is one or not. */
  const reachable = async (
    reader: Reader,
    user: UserRow,
    { by, key }: Called,
  ): Promise<string | undefined> => {
    const memberships = await listMemberships(everything, reader, user.uuid);
    const any =
      by === "id" && !isUuid(key) ? undefined : await findProject(everything, reader, key);
    if (by === "nobody" || !any) return undefined;
    const isMember = memberships.some(({ project }) => project === any.uuid);
    return isMember || user.admin === 1 ? any.uuid : undefined;
  };

  const reachOf = async (
    { user, credential, shown }: Ground,
    wanted: WantedScope,
  ): Promise<Reach | undefined> => {
    const bound = credential?.project_id ?? shown?.project_id ?? null;
    if (wanted.kind === "same")
      return { projectId: bound, scope: (shown?.scope ?? null) as Reach["scope"] };
    if (wanted.kind === "project") {
      const project = await database.read(everything, (reader) =>
        reachable(reader, user, wanted.project),
      );
      if (bound !== null && project !== bound) throw fail("auth.scoped");
      return project === undefined ? undefined : { projectId: project, scope: null };
    }
    if (bound !== null) throw fail("auth.scoped");
    if (wanted.kind === "none") return { projectId: null, scope: null };
    return user.admin === 1 ? { projectId: null, scope: wanted.kind } : undefined;
  };

  const groundOf = async (
    proof: Parameters<ScopedTokens["issue"]>[0],
    address: string | null,
  ): Promise<Ground> => {
    if (proof.method === "token") return byToken(proof.token);
    const proven = await proofs.prove(proof as Proof, address);
    const word = proof.method === "credential" ? "application_credential" : proof.method;
    const methods = proven.factor ? [word, "totp"] : [word];
    return { ...proven, shown: undefined, methods };
  };

  return {
    async issue(proof, wanted, address) {
      const ground = await groundOf(proof, address);
      const { user, credential, shown, methods } = ground;
      const refuse = async () => {
        await proofs.note(proof.method, user.name, address);
        return fail("auth.failed");
      };
      const reach = await reachOf(ground, wanted);
      if (!reach) throw await refuse();
      const now = clock.now();
      const { secret } = await database.write(everything, async (tx) => {
        await lockProved(everything, tx, user);
        // What it is made of may have ended since it was looked at.
        if (shown && !(await findToken(everything, tx, "uuid", shown.uuid)))
          throw fail("auth.failed");
        if (!shown) await updateUser(everything, tx, user.uuid, { last_sign_in_at: now });
        const issued = await tokens.issue(tx, {
          user: user.uuid,
          credential: credential?.uuid ?? null,
          name: "identity v3",
          kind: "identity",
          address,
          expiresAtMs: Math.min(
            now + lifeS * 1_000,
            Number(shown?.expires_at ?? Number.POSITIVE_INFINITY),
          ),
          projectId: reach.projectId,
          scope: reach.scope,
          methods,
          parent: shown?.uuid ?? null,
        });
        await audit.append(tx, {
          actor: signingIn(user, address),
          action: "session.start",
          project: reach.projectId as ProjectId | null,
          facts: { method: proof.method, ...(ground.factor ? { factor: ground.factor } : {}) },
        });
        return issued;
      });
      const actor = await tokens.find(secret);
      const token =
        actor && actor !== "expired" && actor.token ? await show(actor, actor.token) : undefined;
      if (!token) throw await refuse();
      return { secret, token };
    },
    async show(actor, secret) {
      const subject = await find(actor, secret);
      const token = await show(subject, subject.token);
      if (!token) throw fail("token.not-found");
      return token;
    },
    async own(actor) {
      const token = actor.token === null ? undefined : await show(actor, actor.token);
      if (!token) throw fail("token.not-found");
      return token;
    },
    async end(actor, secret) {
      const { uuid: user, token } = await find(actor, secret);
      await database.write(everything, async (tx) => {
        if (!(await removeToken(everything, tx, user, token))) throw fail("token.not-found");
        await audit.append(tx, {
          actor,
          action: token === actor.token ? "session.end" : "token.revoke",
          project: null,
          resource: { noun: "token", uuid: token, name: null },
        });
        tx.afterCommit(tokens.forget);
      });
    },
  };
};

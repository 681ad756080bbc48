// Application credentials: a program's own way in, within one project.
import { type BodyOf, type Credential, fail, type ProjectId, type rest } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, everything, requirePerson } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import type { IdentityContext } from "./identity.ts";
import {
  type CredentialRow,
  findCredentialOf,
  insertCredential,
  listCredentials,
  lockUser,
  removeCredential,
} from "./store.ts";
import { findToken } from "./token-store.ts";
import { isFirstHand, isForeign, isMade } from "./tokens.ts";

export interface Credentials {
  list(actor: Actor, query: PageQuery): Promise<{ items: Credential[]; next: string | null }>;
  create(
    actor: Actor,
    project: ProjectId,
    body: BodyOf<typeof rest.credentials.create>,
  ): Promise<{ secret: string; credential: Credential }>;
  remove(actor: Actor, idOrName: string): Promise<void>;
}

/** Makes the verbs. */
export const createCredentials = ({
  database,
  clock,
  audit,
  tokens,
  requireHere,
}: IdentityContext): Credentials => {
  /** The one project whose credentials a token may know of; null: all. Throws `auth.required` for one that has ended meanwhile. */
  const boundOf = async (reader: Reader, actor: Actor): Promise<string | null> => {
    if (isForeign(actor)) return actor.defaultProject;
    const shown = await findToken(everything, reader, "uuid", actor.token ?? "");
    if (!shown) throw fail("auth.required");
    return shown.project_id;
  };

  const show = (row: CredentialRow): Credential => ({
    uuid: row.uuid,
    name: row.name,
    description: row.description,
    status: row.expires_at === null || Number(row.expires_at) > clock.now() ? "active" : "expired",
    project: row.project_id,
    role: row.role as Credential["role"],
    createdAt: toRfc3339(Number(row.created_at)),
    expiresAt: row.expires_at === null ? null : toRfc3339(Number(row.expires_at)),
  });

  return {
    async list(actor, query) {
      requirePerson(actor, "credential.list");
      const after = query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      const rows = await database.read(everything, async (reader) => {
        const bound = await boundOf(reader, actor);
        return listCredentials(
          everything,
          reader,
          { user: actor.uuid, bound },
          after,
          pageSizeOf(query) + 1,
        );
      });
      return pageOf(rows, query, (row) => [row.name], show);
    },
    async create(actor, project, { name, role, expiresInS, description }) {
      requirePerson(actor, "credential.create");
      if (isForeign(actor)) requireHere();
      const secret = randomToken(32);
      const now = clock.now();
      const wantedMs = expiresInS === undefined ? null : now + expiresInS * 1_000;
      const made: CredentialRow = {
        uuid: newId(),
        user_id: actor.uuid,
        project_id: project,
        name,
        role: role ?? actor.roles.get(project) ?? "user",
        secret: sha256Hex(secret),
        created_at: now,
        expires_at: wantedMs,
        description: description ?? "",
        parent: null,
      };
      const row = await database.write(everything, async (tx) => {
        await lockUser(everything, tx, actor.uuid);
        const shown = await findToken(everything, tx, "uuid", actor.token ?? "");
        // It may have ended since it was looked at.
        if (!shown) throw fail("auth.required");
        // What a token makes ends when somebody ends it; and at its time, unless the token is a person's own proof.
        const row: CredentialRow = {
          ...made,
          parent: isMade(shown) ? shown.uuid : null,
          expires_at:
            isMade(shown) && !isFirstHand(shown)
              ? Math.min(wantedMs ?? Number.POSITIVE_INFINITY, Number(shown.expires_at))
              : wantedMs,
        };
        if (await findCredentialOf(everything, tx, actor.uuid, name))
          throw fail("credential.name-taken", { name });
        await insertCredential(everything, tx, row);
        await audit.append(tx, {
          actor,
          action: "credential.create",
          project,
          resource: { noun: "credential", uuid: row.uuid, name },
          facts: { role: row.role },
        });
        return row;
      });
      return { secret, credential: show(row) };
    },
    async remove(actor, idOrName) {
      requirePerson(actor, "credential.remove");
      await database.write(everything, async (tx) => {
        const bound = await boundOf(tx, actor);
        const row = await removeCredential(everything, tx, { user: actor.uuid, bound }, idOrName);
        if (!row) throw fail("credential.not-found");
        await audit.append(tx, {
          actor,
          action: "credential.remove",
          project: row.project_id as ProjectId,
          resource: { noun: "credential", uuid: row.uuid, name: row.name },
        });
        tx.afterCommit(tokens.forget);
      });
    },
  };
};

// Application credentials: a program's own way in, within one project.
import { type BodyOf, type Credential, fail, type ProjectId, type rest } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, everything, requirePerson } from "../../policy/index.ts";
import type { IdentityContext } from "./identity.ts";
import {
  type CredentialRow,
  insertCredential,
  listCredentials,
  removeCredential,
} from "./store.ts";

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
}: IdentityContext): Credentials => {
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
      const rows = await database.read(everything, (reader) =>
        listCredentials(everything, reader, actor.uuid, after, pageSizeOf(query) + 1),
      );
      return pageOf(rows, query, (row) => [row.name], show);
    },
    async create(actor, project, { name, role, expiresInS, description }) {
      requirePerson(actor, "credential.create");
      const secret = randomToken(32);
      const now = clock.now();
      const row: CredentialRow = {
        uuid: newId(),
        user_id: actor.uuid,
        project_id: project,
        name,
        role: role ?? actor.roles.get(project) ?? "user",
        secret: sha256Hex(secret),
        created_at: now,
        expires_at: expiresInS === undefined ? null : now + expiresInS * 1_000,
        description: description ?? "",
      };
      await database.write(everything, async (tx) => {
        const mine = await listCredentials(everything, tx, actor.uuid, undefined, 1_000);
        if (mine.some((other) => other.name === name))
          throw fail("credential.name-taken", { name });
        await insertCredential(everything, tx, row);
        await audit.append(tx, {
          actor,
          action: "credential.create",
          project,
          resource: { noun: "credential", uuid: row.uuid, name },
          facts: { role: row.role },
        });
      });
      return { secret, credential: show(row) };
    },
    async remove(actor, idOrName) {
      requirePerson(actor, "credential.remove");
      await database.write(everything, async (tx) => {
        const row = await removeCredential(everything, tx, actor.uuid, idOrName);
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

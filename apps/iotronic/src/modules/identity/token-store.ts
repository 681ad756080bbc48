// Tokens and one-time links. Whose they are is what asks for them, so all of these see everything.
import type { UserId } from "@s4t/contract";
import type { Selectable } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { lockUser } from "./store.ts";

/** Tokens that end at once because there are too many: one a new one, more only after the limit was lowered. */
const MAX_EVICTED = 100;

export type TokenRow = Selectable<Schema["identity_tokens"]>;

export const insertToken = async (_scope: Scope, tx: Tx, row: TokenRow): Promise<void> => {
  await tx.queries.insertInto("identity_tokens").values(row).execute();
};

export const findToken = (
  _scope: Scope,
  { queries }: Reader,
  by: "hash" | "uuid",
  key: string,
): Promise<TokenRow | undefined> =>
  queries.selectFrom("identity_tokens").selectAll().where(by, "=", key).executeTakeFirst();

export const listTokens = (
  _scope: Scope,
  { queries }: Reader,
  user: string,
  after: string | undefined,
  limit: number,
): Promise<TokenRow[]> => {
  let query = queries
    .selectFrom("identity_tokens")
    .selectAll()
    .where("user_id", "=", user)
    .orderBy("uuid", "desc")
    .limit(limit);
  if (after !== undefined) query = query.where("uuid", "<", after);
  return query.execute();
};

export const touchTokens = async (
  _scope: Scope,
  tx: Tx,
  used: ReadonlyMap<string, number>,
): Promise<void> => {
  for (const [uuid, at] of used)
    await tx.queries
      .updateTable("identity_tokens")
      .set({ last_used_at: at })
      .where("uuid", "=", uuid)
      .execute();
};

/** One token of a user, and those that were made of it. */
const withMade = ({ queries }: Reader, user: string, uuid: string) =>
  queries.withRecursive("made(uuid)", (made) =>
    made
      .selectFrom("identity_tokens")
      .select("identity_tokens.uuid")
      .where("user_id", "=", user)
      .where("identity_tokens.uuid", "=", uuid)
      .union(
        made
          .selectFrom("identity_tokens")
          .innerJoin("made", "made.uuid", "identity_tokens.parent")
          .select("identity_tokens.uuid"),
      ),
  );

/** Ids of the tokens that were made of one, and its own. */
export const listMade = async (
  _scope: Scope,
  reader: Reader,
  user: string,
  uuid: string,
): Promise<ReadonlySet<string>> => {
  const rows = await withMade(reader, user, uuid).selectFrom("made").select("made.uuid").execute();
  return new Set(rows.map((row) => row.uuid));
};

/** Ends one token of a user, those that were made of it, and credentials that were; answers whether it was there. */
export const removeToken = async (
  scope: Scope,
  tx: Tx,
  user: string,
  uuid: string,
): Promise<boolean> => {
  // None is made of it between looking and removing.
  await lockUser(scope, tx, user);
  await withMade(tx, user, uuid)
    .deleteFrom("identity_credentials")
    .where("parent", "in", (e) => e.selectFrom("made").select("made.uuid"))
    .execute();
  const result = await withMade(tx, user, uuid)
    .deleteFrom("identity_tokens")
    .where("uuid", "in", (e) => e.selectFrom("made").select("made.uuid"))
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
};

/** Ends all tokens of a user, but the one kept, and the credentials that were made of them. */
export const removeTokensOf = async (
  scope: Scope,
  tx: Tx,
  user: string,
  kept: string | null,
): Promise<void> => {
  await lockUser(scope, tx, user);
  let made = tx.queries.selectFrom("identity_tokens").select("uuid").where("user_id", "=", user);
  if (kept !== null) made = made.where("uuid", "!=", kept);
  await tx.queries.deleteFrom("identity_credentials").where("parent", "in", made).execute();
  let query = tx.queries.deleteFrom("identity_tokens").where("user_id", "=", user);
  if (kept !== null) query = query.where("uuid", "!=", kept);
  await query.execute();
};

/** Newest tokens of a kind of a user beyond the first so many, the newest first. */
export const listBeyond = async (
  _scope: Scope,
  { queries }: Reader,
  user: string,
  kind: string,
  kept: number,
): Promise<string[]> => {
  const rows = await queries
    .selectFrom("identity_tokens")
    .select("uuid")
    .where("user_id", "=", user)
    .where("kind", "=", kind)
    .orderBy("uuid", "desc")
    .limit(MAX_EVICTED)
    .offset(kept)
    .execute();
  return rows.map(({ uuid }) => uuid);
};

/** Ids of all tokens of a user that are not kept; `alsoTokens`: those for scripts, too. */
export const listEndable = async (
  _scope: Scope,
  { queries }: Reader,
  user: string,
  kept: string | null,
  alsoTokens: boolean,
): Promise<string[]> => {
  let query = queries.selectFrom("identity_tokens").select("uuid").where("user_id", "=", user);
  if (kept !== null) query = query.where("uuid", "!=", kept);
  if (!alsoTokens)
    query = query.where((e) => e.or([e("kind", "is", null), e("kind", "!=", "token")]));
  return (await query.execute()).map(({ uuid }) => uuid);
};

export const removeExpired = async (_scope: Scope, tx: Tx, now: number): Promise<void> => {
  await tx.queries.deleteFrom("identity_tokens").where("expires_at", "<", now).execute();
  await tx.queries.deleteFrom("identity_links").where("expires_at", "<", now).execute();
  await tx.queries.deleteFrom("identity_mail_links").where("expires_at", "<", now).execute();
};

export const insertLink = async (
  _scope: Scope,
  tx: Tx,
  hash: string,
  user: UserId,
  expiresAt: number,
): Promise<void> => {
  await tx.queries
    .insertInto("identity_links")
    .values({ hash, user_id: user, expires_at: expiresAt })
    .execute();
};

/** Uses a link up: the row is gone for whoever comes second. */
export const takeLink = async (
  _scope: Scope,
  tx: Tx,
  hash: string,
): Promise<{ user_id: string; expires_at: number } | undefined> =>
  tx.queries
    .deleteFrom("identity_links")
    .where("hash", "=", hash)
    .returning(["user_id", "expires_at"])
    .executeTakeFirst();

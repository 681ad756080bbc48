// Links that were sent by mail, and whose an address is. All of these see everything: nobody is signed in yet who uses them.
import type { Selectable } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import type { UserRow } from "./store.ts";

export type MailLinkRow = Selectable<Schema["identity_mail_links"]>;
export type Purpose = "password" | "mail";

/** Users whose address it is, proved, in order of their names; capital letters count in no address that we send to. */
export const listUsersByMail = (
  _scope: Scope,
  { queries }: Reader,
  mail: string,
  limit: number,
): Promise<UserRow[]> =>
  queries
    .selectFrom("identity_users")
    .selectAll()
    .where("mail", "=", mail)
    .where("mail_verified_at", "is not", null)
    .where("status", "=", "active")
    .orderBy("name")
    .limit(limit)
    .execute();

export const insertMailLink = async (_scope: Scope, tx: Tx, row: MailLinkRow): Promise<void> => {
  await tx.queries.insertInto("identity_mail_links").values(row).execute();
};

export const findMailLink = (
  _scope: Scope,
  { queries }: Reader,
  hash: string,
  purpose: Purpose,
): Promise<MailLinkRow | undefined> =>
  queries
    .selectFrom("identity_mail_links")
    .selectAll()
    .where("hash", "=", hash)
    .where("purpose", "=", purpose)
    .executeTakeFirst();

/** Uses a link up: the row is gone for whoever comes second. */
export const takeMailLink = (
  _scope: Scope,
  tx: Tx,
  hash: string,
  purpose: Purpose,
): Promise<MailLinkRow | undefined> =>
  tx.queries
    .deleteFrom("identity_mail_links")
    .where("hash", "=", hash)
    .where("purpose", "=", purpose)
    .returningAll()
    .executeTakeFirst();

/** Those of a user; `purpose`: only those for this. */
export const removeMailLinks = async (
  _scope: Scope,
  tx: Tx,
  user: string,
  purpose?: Purpose,
): Promise<void> => {
  let query = tx.queries.deleteFrom("identity_mail_links").where("user_id", "=", user);
  if (purpose !== undefined) query = query.where("purpose", "=", purpose);
  await query.execute();
};

// Who is who at an issuer of somebody else's. All of these see everything: nobody is signed in yet.
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export const findFederated = async (
  _scope: Scope,
  { queries }: Reader,
  issuer: string,
  subject: string,
): Promise<string | undefined> => {
  const row = await queries
    .selectFrom("identity_federated")
    .select("user_id")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return row?.user_id;
};

/** Answers whether it was new: of two at once one is. */
export const insertFederated = async (
  _scope: Scope,
  tx: Tx,
  row: { readonly issuer: string; readonly subject: string; readonly user_id: string },
  now: number,
): Promise<boolean> => {
  const result = await tx.queries
    .insertInto("identity_federated")
    .values({ ...row, created_at: now })
    .onConflict((conflict) => conflict.columns(["issuer", "subject"]).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows) > 0;
};

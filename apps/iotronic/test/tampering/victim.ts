// A log that is tampered with, and what tampering needs: payloads that fit their leaves, heads signed anew with the stolen key.
import { randomBytes } from "node:crypto";
import { canonicalJson, type Json } from "@s4t/kit";
import type { Kysely } from "kysely";
import type { Schema } from "../../src/migrations/schema.ts";
import { type HeadKey, signHead } from "../../src/modules/audit/head.ts";
import { leafOf, MerkleTree } from "../../src/modules/audit/merkle.ts";

export interface Victim {
  readonly queries: Kysely<Schema>;
  readonly key: HeadKey;
  readonly size: number;
  /** The witness's file. */
  readonly witness: string;
  /** An empty folder, for a key of the tamperer's own. */
  readonly folder: string;
}

export type Tampering = readonly [name: string, tamper: (victim: Victim) => Promise<void>];

/** Makes a payload that says something else, with a leaf that fits it: only heads and witness can tell. */
export const resaid = (payload: string, members: Readonly<Record<string, Json>>) => {
  const salt = randomBytes(16);
  const text = canonicalJson({ ...(JSON.parse(payload) as Record<string, Json>), ...members });
  return { payload: text, salt: salt.toString("hex"), leaf: leafOf(salt, text) };
};
export const rewritten = (payload: string, action: string) => ({
  ...resaid(payload, { action }),
  action,
});

/** Signs every head anew over the rows as they are now, with the stolen key unless another is given. */
export const signAll = async ({ queries, key }: Pick<Victim, "queries" | "key">): Promise<void> => {
  const heads = await queries.selectFrom("audit_heads").selectAll().orderBy("size").execute();
  const rows = await queries
    .selectFrom("audit_entries")
    .select("leaf")
    .where("idx", "is not", null)
    .orderBy("idx")
    .execute();
  await queries.deleteFrom("audit_heads").execute();
  const tree = new MerkleTree();
  let next = 0;
  for (const head of heads) {
    const size = Math.min(Number(head.size), rows.length);
    while (next < size) tree.append(rows[next++]?.leaf ?? "");
    const again = signHead(key, size, tree.root(), Number(head.at));
    await queries
      .insertInto("audit_heads")
      .values({ ...again, at: Number(head.at) })
      .onConflict((c) => c.column("size").doNothing())
      .execute();
  }
};

export const atOf = (queries: Kysely<Schema>, idx: number) =>
  queries.selectFrom("audit_entries").selectAll().where("idx", "=", idx).executeTakeFirstOrThrow();

export type Choose = (size: number) => number;

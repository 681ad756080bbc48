// Ways to change an audit log behind its back, as somebody who owns the database and even the signing key could.
import { randomBytes } from "node:crypto";
import { canonicalJson } from "@s4t/kit";
import { type Kysely, sql } from "kysely";
import type { Schema } from "../src/migrations/schema.ts";
import { type HeadKey, signHead } from "../src/modules/audit/head.ts";
import { leafOf, MerkleTree } from "../src/modules/audit/merkle.ts";
import { seeded } from "./random.ts";

interface Victim {
  readonly queries: Kysely<Schema>;
  readonly key: HeadKey;
  readonly size: number;
}

type Tampering = readonly [name: string, tamper: (victim: Victim) => Promise<void>];

/** Makes a payload that says something else, with a leaf that fits it: only heads and witness can tell. */
const rewritten = (payload: string, action: string) => {
  const salt = randomBytes(16);
  const text = canonicalJson({ ...(JSON.parse(payload) as object), action });
  return { payload: text, salt: salt.toString("hex"), leaf: leafOf(salt, text), action };
};

/** Signs every head anew over the rows as they are now, with the stolen key. */
const signAll = async ({ queries, key }: Victim): Promise<void> => {
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

/** One random tampering of each kind, `rounds` times over. */
export const tamperings = (seed: number, rounds = 1): readonly Tampering[] => {
  const random = seeded(seed);
  const pick = (size: number) => Math.floor(random() * size);
  const at = (queries: Kysely<Schema>, idx: number) =>
    queries
      .selectFrom("audit_entries")
      .selectAll()
      .where("idx", "=", idx)
      .executeTakeFirstOrThrow();
  const columns = ["at", "action", "actor_id", "resource_id", "payload", "salt", "leaf"] as const;
  const kinds: readonly Tampering[] = [
    [
      "a column changed",
      async ({ queries, size }) => {
        const column = columns[pick(columns.length)] ?? "action";
        const row = await at(queries, pick(size));
        const value =
          column === "at"
            ? Number(row.at) + 1
            : column === "leaf" || column === "salt"
              ? randomBytes(column === "salt" ? 16 : 32).toString("hex")
              : `${row[column]}x`;
        await queries
          .updateTable("audit_entries")
          .set({ [column]: value })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry rewritten with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        await queries
          .updateTable("audit_entries")
          .set(rewritten(row.payload ?? "{}", "board.show"))
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry emptied as if it had been erased",
      async ({ queries, size }) => {
        await queries
          .updateTable("audit_entries")
          .set({ payload: null, salt: null, actor_id: "", resource_id: null })
          .where("idx", "=", pick(size))
          .execute();
      },
    ],
    [
      "an entry deleted",
      async ({ queries, size }) => {
        await queries.deleteFrom("audit_entries").where("idx", "=", pick(size)).execute();
      },
    ],
    [
      "an entry deleted and the rest moved up",
      async ({ queries, size }) => {
        const gone = pick(size);
        await queries.deleteFrom("audit_entries").where("idx", "=", gone).execute();
        for (let idx = gone + 1; idx < size; idx += 1)
          await queries
            .updateTable("audit_entries")
            .set({ idx: idx - 1 })
            .where("idx", "=", idx)
            .execute();
      },
    ],
    [
      "an entry inserted in the middle",
      async ({ queries, size }) => {
        const place = pick(size);
        const row = await at(queries, place);
        for (let idx = size - 1; idx >= place; idx -= 1)
          await queries
            .updateTable("audit_entries")
            .set({ idx: idx + 1 })
            .where("idx", "=", idx)
            .execute();
        await queries
          .insertInto("audit_entries")
          .values({
            ...row,
            ...rewritten(row.payload ?? "{}", "x"),
            uuid: `${row.uuid}x`,
            idx: place,
          })
          .execute();
      },
    ],
    [
      "two entries exchanged",
      async ({ queries, size }) => {
        const a = pick(size - 1);
        await queries.updateTable("audit_entries").set({ idx: -1 }).where("idx", "=", a).execute();
        await queries
          .updateTable("audit_entries")
          .set({ idx: a })
          .where("idx", "=", a + 1)
          .execute();
        await queries
          .updateTable("audit_entries")
          .set({ idx: a + 1 })
          .where("idx", "=", -1)
          .execute();
      },
    ],
    [
      "the end cut off",
      async ({ queries, size }) => {
        await queries.deleteFrom("audit_entries").where("idx", ">=", pick(size)).execute();
      },
    ],
    [
      "the end cut off with its heads",
      async (victim) => {
        const { queries, size } = victim;
        const end = pick(size);
        await queries.deleteFrom("audit_entries").where("idx", ">=", end).execute();
        await queries.deleteFrom("audit_heads").where("size", ">", end).execute();
      },
    ],
    [
      "a head's signature changed",
      async ({ queries }) => {
        const heads = await queries.selectFrom("audit_heads").selectAll().execute();
        const head = heads[pick(heads.length)];
        await queries
          .updateTable("audit_heads")
          .set({ signature: randomBytes(64).toString("base64") })
          .where("size", "=", head?.size ?? 0)
          .execute();
      },
    ],
    [
      "everything from one entry on rewritten and signed with the stolen key",
      async (victim) => {
        const { queries, size } = victim;
        for (let idx = pick(size); idx < size; idx += 1) {
          const row = await at(queries, idx);
          await queries
            .updateTable("audit_entries")
            .set(rewritten(row.payload ?? "{}", "session.show"))
            .where("uuid", "=", row.uuid)
            .execute();
        }
        await signAll(victim);
      },
    ],
    [
      "one entry removed and the whole log signed again with the stolen key",
      async (victim) => {
        const { queries, size } = victim;
        const gone = pick(size);
        await queries.deleteFrom("audit_entries").where("idx", "=", gone).execute();
        for (let idx = gone + 1; idx < size; idx += 1)
          await queries
            .updateTable("audit_entries")
            .set({ idx: idx - 1 })
            .where("idx", "=", idx)
            .execute();
        await signAll(victim);
      },
    ],
    [
      "all rows and heads removed",
      async ({ queries }) => {
        await sql`delete from audit_entries`.execute(queries);
        await sql`delete from audit_heads`.execute(queries);
      },
    ],
  ];
  return Array.from({ length: rounds }).flatMap(() => kinds);
};

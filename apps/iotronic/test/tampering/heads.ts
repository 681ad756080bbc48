// Tampering by who owns the signing key, too, or the witness.
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { sql } from "kysely";
import { openHeadKey, signHead } from "../../src/modules/audit/head.ts";
import type { WitnessLine } from "../../src/modules/audit/witness.ts";

import { atOf, type Choose, rewritten, signAll, type Tampering } from "./victim.ts";

/** Changes of rows and signed heads, with the stolen key where one is needed. */
export const ofHeads = (pick: Choose): readonly Tampering[] => {
  const at = atOf;
  return [
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
      "a head's member changed",
      async ({ queries }) => {
        const heads = await queries.selectFrom("audit_heads").selectAll().execute();
        const head = heads[pick(heads.length)];
        const changes = [
          { root: randomBytes(32).toString("hex") },
          { at: Number(head?.at) + 1 },
          { at: 9_000_000_000_000_000 },
          { size: Number(head?.size) + 1_000 },
          { key: randomBytes(32).toString("hex") },
          { key: "no key" },
        ];
        await queries
          .updateTable("audit_heads")
          .set(changes[pick(changes.length)] ?? {})
          .where("size", "=", head?.size ?? 0)
          .execute();
      },
    ],
    [
      "a head removed",
      async ({ queries }) => {
        const heads = await queries.selectFrom("audit_heads").select("size").execute();
        await queries
          .deleteFrom("audit_heads")
          .where("size", "=", heads[pick(heads.length)]?.size ?? 0)
          .execute();
      },
    ],
    [
      "everything signed again with a key of the tamperer's own",
      async ({ queries, folder }) => signAll({ queries, key: openHeadKey(folder) }),
    ],
    [
      "the log set back to an earlier state",
      async ({ queries }) => {
        const heads = await queries
          .selectFrom("audit_heads")
          .select("size")
          .orderBy("size")
          .execute();
        const end = Number(heads[pick(heads.length - 1)]?.size ?? 0);
        await queries.deleteFrom("audit_entries").where("idx", ">=", end).execute();
        await queries.deleteFrom("audit_heads").where("size", ">", end).execute();
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
};

/** Changes of the witness alone. */
export const ofWitness = (pick: Choose): readonly Tampering[] => {
  const lines = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n");
  const write = (file: string, kept: readonly string[]) =>
    writeFileSync(file, kept.map((line) => `${line}\n`).join(""));
  return [
    [
      "a line of the witness removed",
      async ({ witness }) => {
        const all = lines(witness);
        write(witness, all.toSpliced(pick(all.length), 1));
      },
    ],
    [
      "a line of the witness replaced",
      async ({ witness, key }) => {
        const all = lines(witness);
        const i = pick(all.length);
        const { head, leaves } = JSON.parse(all[i] ?? "{}") as WitnessLine;
        const changed = leaves.with(pick(leaves.length), randomBytes(32).toString("hex"));
        const signed = signHead(key, head.size, randomBytes(32).toString("hex"), Date.now());
        const lies = [
          { head, leaves: changed },
          { head: signed, leaves },
          { head: { ...head, signature: randomBytes(64).toString("base64") }, leaves },
        ];
        write(witness, all.with(i, JSON.stringify(lies[pick(lies.length)])));
      },
    ],
    [
      "two lines of the witness exchanged",
      async ({ witness }) => {
        const all = lines(witness);
        const i = pick(all.length - 1);
        write(witness, all.toSpliced(i, 2, all[i + 1] ?? "", all[i] ?? ""));
      },
    ],
    ["the witness emptied", async ({ witness }) => writeFileSync(witness, "")],
  ];
};

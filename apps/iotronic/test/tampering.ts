// Ways to change an audit log behind its back, as somebody who owns the database, the signing key or the witness could.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { canonicalJson, type Json, silentLog, systemClock } from "@s4t/kit";
import { type Kysely, sql } from "kysely";
import type { Schema } from "../src/migrations/schema.ts";
import { type HeadKey, openHeadKey, signHead } from "../src/modules/audit/head.ts";
import { createAudit } from "../src/modules/audit/index.ts";
import { leafOf, MerkleTree } from "../src/modules/audit/merkle.ts";
import { openWitness, type WitnessLine } from "../src/modules/audit/witness.ts";
import { everything, systemActor } from "../src/policy/index.ts";
import type { TestDatabase } from "./database.ts";
import { seeded } from "./random.ts";

interface Victim {
  readonly queries: Kysely<Schema>;
  readonly key: HeadKey;
  readonly size: number;
  /** The witness's file. */
  readonly witness: string;
  /** An empty folder, for a key of the tamperer's own. */
  readonly folder: string;
}

type Tampering = readonly [name: string, tamper: (victim: Victim) => Promise<void>];

/** Makes a payload that says something else, with a leaf that fits it: only heads and witness can tell. */
const resaid = (payload: string, members: Readonly<Record<string, Json>>) => {
  const salt = randomBytes(16);
  const text = canonicalJson({ ...(JSON.parse(payload) as Record<string, Json>), ...members });
  return { payload: text, salt: salt.toString("hex"), leaf: leafOf(salt, text) };
};
const rewritten = (payload: string, action: string) => ({ ...resaid(payload, { action }), action });

/** Signs every head anew over the rows as they are now, with the stolen key unless another is given. */
const signAll = async ({ queries, key }: Pick<Victim, "queries" | "key">): Promise<void> => {
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

const atOf = (queries: Kysely<Schema>, idx: number) =>
  queries.selectFrom("audit_entries").selectAll().where("idx", "=", idx).executeTakeFirstOrThrow();

type Choose = (size: number) => number;

/** Changes of the rows alone. */
const ofEntries = (pick: Choose): readonly Tampering[] => {
  const at = atOf;
  const columns = ["at", "action", "actor_id", "resource_id", "payload", "salt", "leaf"] as const;
  return [
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
      "the last entry deleted",
      async ({ queries, size }) => {
        await queries
          .deleteFrom("audit_entries")
          .where("idx", "=", size - 1)
          .execute();
      },
    ],
    [
      "an entry's number taken away",
      async ({ queries, size }) => {
        const { uuid } = await at(queries, pick(size));
        await sql`update audit_entries set idx = null where uuid = ${uuid}`.execute(queries);
      },
    ],
    [
      "an entry given a new salt, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        await queries
          .updateTable("audit_entries")
          .set(resaid(row.payload ?? "{}", {}))
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry moved to another time, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const moved = Number(row.at) - 3_600_000;
        await queries
          .updateTable("audit_entries")
          .set({ ...resaid(row.payload ?? "{}", { at: moved }), at: moved })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry moved to another project, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const project = row.project_id === null ? "elsewhere" : null;
        await queries
          .updateTable("audit_entries")
          .set({ ...resaid(row.payload ?? "{}", { project }), project_id: project })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "what two entries of two projects say exchanged, leaves and all",
      async ({ queries, size }) => {
        const one = pick(size - 1);
        const a = await at(queries, one);
        const b = await at(queries, one + 1);
        const put = ({ uuid: _, idx: __, ...said }: typeof a, uuid: string) =>
          queries.updateTable("audit_entries").set(said).where("uuid", "=", uuid).execute();
        await put(a, b.uuid);
        await put(b, a.uuid);
      },
    ],
    [
      "an entry that is no entry, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const salt = randomBytes(16);
        await queries
          .updateTable("audit_entries")
          .set({ payload: "no", salt: salt.toString("hex"), leaf: leafOf(salt, "no") })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry forged at the end",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const said = resaid(row.payload ?? "{}", { uuid: `${row.uuid}y` });
        await queries
          .insertInto("audit_entries")
          .values({ ...row, ...said, uuid: `${row.uuid}y`, idx: size })
          .execute();
      },
    ],
  ];
};

/** Changes of rows and signed heads, with the stolen key where one is needed. */
const ofHeads = (pick: Choose): readonly Tampering[] => {
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
const ofWitness = (pick: Choose): readonly Tampering[] => {
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

/** One random tampering of each kind. */
const tamperings = (pick: Choose): readonly Tampering[] => [
  ...ofEntries(pick),
  ...ofHeads(pick),
  ...ofWitness(pick),
];

/** Entries of the log that is tampered with, in heads of seven. */
const entries = 40;
const projects = ["0192f0a0-0000-7000-8000-000000000001", null] as readonly (ProjectId | null)[];

const openLog = async ({ database, folder }: TestDatabase) => {
  const audit = createAudit({
    database,
    clock: systemClock,
    log: silentLog,
    key: openHeadKey(folder),
    witness: openWitness(join(folder, "witness.jsonl")),
  });
  await audit.start?.();
  return audit;
};

const fillLog = async (test: TestDatabase): Promise<void> => {
  const audit = await openLog(test);
  for (let i = 0; i < entries; i += 1) {
    await audit.record({
      actor: systemActor,
      action: "board.create",
      project: projects[i % 2] ?? null,
      resource: { noun: "board", uuid: `b${i}`, name: null },
      facts: { i },
    });
    if (i % 7 === 6) await audit.sequence();
  }
  await audit.stop?.();
};

/** Tampers `count` times with a log, each kind in turn, and answers which tamperings a verification did not find. */
export const undetectedTamperings = async (
  test: TestDatabase,
  count: number,
  seed: number,
): Promise<{ readonly kinds: number; readonly undetected: readonly string[] }> => {
  await fillLog(test);
  const witness = join(test.folder, "witness.jsonl");
  const witnessed = readFileSync(witness);
  const tables = await test.database.read(everything, async ({ queries }) => ({
    rows: await queries.selectFrom("audit_entries").selectAll().execute(),
    heads: await queries.selectFrom("audit_heads").selectAll().execute(),
  }));
  const random = seeded(seed);
  const kinds = tamperings((size) => Math.floor(random() * size));
  const undetected: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const [name, tamper] = kinds[i % kinds.length] ?? [];
    const audit = await openLog(test);
    if (!(await audit.verify()).intact) throw new Error(`the log was not whole before: ${name}`);
    const folder = mkdtempSync(join(test.folder, "own-key-"));
    await test.database.write(everything, async ({ queries }) =>
      tamper?.({ queries, key: openHeadKey(test.folder), size: entries, witness, folder }),
    );
    if ((await audit.verify()).intact) undetected.push(`${name} (seed ${seed}, number ${i})`);
    writeFileSync(witness, witnessed);
    await test.database.write(everything, async ({ queries }) => {
      await queries.deleteFrom("audit_entries").execute();
      await queries.deleteFrom("audit_heads").execute();
      await queries.insertInto("audit_entries").values(tables.rows).execute();
      await queries.insertInto("audit_heads").values(tables.heads).execute();
    });
  }
  return { kinds: kinds.length, undetected };
};

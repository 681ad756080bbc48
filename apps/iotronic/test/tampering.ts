import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { openHeadKey } from "../src/modules/audit/head.ts";
import { createAudit } from "../src/modules/audit/index.ts";
import { openWitness } from "../src/modules/audit/witness.ts";
import { everything, systemActor } from "../src/policy/index.ts";
import type { TestDatabase } from "./database.ts";
import { seeded } from "./random.ts";
import { ofEntries } from "./tampering/entries.ts";
import { ofHeads, ofWitness } from "./tampering/heads.ts";
import type { Choose, Tampering } from "./tampering/victim.ts";

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

// Kills a writing process at random moments, again and again on the same folder, and looks whether what it acknowledged is there.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLog, systemClock } from "@s4t/kit";
import { sqliteDatabase } from "../src/drivers/database/sqlite/index.ts";
import { createAudit, openHeadKey, openWitness } from "../src/modules/audit/index.ts";
import { everything } from "../src/policy/index.ts";
import { seeded } from "./random.ts";

/** The program that is killed. */
export const writerProgram = fileURLToPath(new URL("./writer.ts", import.meta.url));
/** How Node runs it from its source. */
export const writerArguments = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
/** Longest moment after the first acknowledgement at which it is killed: a few hundred group commits. */
const longestLifeMs = 400;
const clients = 16;

export interface KillReport {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  /** Longest opening after a kill, recovery of the log included. */
  readonly slowestOpenMs: number;
  /** Why the audit log was not intact after a kill, if ever. */
  readonly auditFaults: readonly string[];
}

/** Starts a writer, kills it at a random moment after its first acknowledgement; answers what it acknowledged. */
const killOne = (folder: string, round: number, lifeMs: number): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...writerArguments, writerProgram, folder, String(round), String(clients), "0"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let text = "";
    let doomed = false;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (doomed || !text.includes("ack ")) return;
      doomed = true;
      setTimeout(() => child.kill("SIGKILL"), lifeMs);
    });
    child.on("error", reject);
    // After the pipe is drained: lines written before the kill still count.
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the writer ended by itself: ${code}`));
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      resolve([...whole.matchAll(/^ack (\S+)$/gm)].map((match) => match[1] ?? ""));
    });
  });

/** What a later start finds: ids of changes, ids of audit entries, the verdict, and how long opening took. */
const inspect = async (folder: string) => {
  const beganMs = performance.now();
  const database = sqliteDatabase({ folder, monotonicMs: systemClock.monotonicMs });
  await database.start?.();
  await database.migrate();
  const audit = createAudit({
    database,
    clock: systemClock,
    log: silentLog,
    key: openHeadKey(folder),
    witness: openWitness(join(folder, "witness.jsonl")),
  });
  await audit.start?.();
  const openMs = performance.now() - beganMs;
  try {
    const verdict = await audit.verify();
    return await database.read(everything, async ({ queries }) => ({
      openMs,
      verdict,
      changes: new Set(
        (await queries.selectFrom("changes").select("resource_id").execute()).map(
          (row) => row.resource_id,
        ),
      ),
      entries: new Set(
        (await queries.selectFrom("audit_entries").select("resource_id").execute()).map(
          (row) => row.resource_id,
        ),
      ),
    }));
  } finally {
    await audit.stop?.();
    await database.stop?.();
  }
};

/** Kills `rounds` writers on one folder, one after another. */
export const killWriters = async (rounds: number, seed: number): Promise<KillReport> => {
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), "s4t-kill-"));
  const acknowledged: string[] = [];
  const lost = new Set<string>();
  const auditFaults: string[] = [];
  let slowestOpenMs = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      acknowledged.push(...(await killOne(folder, round, random() * longestLifeMs)));
      const found = await inspect(folder);
      slowestOpenMs = Math.max(slowestOpenMs, found.openMs);
      if (!found.verdict.intact) auditFaults.push(`round ${round}: ${found.verdict.because}`);
      for (const id of acknowledged)
        if (!found.changes.has(id) || !found.entries.has(id)) lost.add(id);
      // One transaction: neither of the two may be there without the other.
      for (const id of found.changes) if (!found.entries.has(id)) lost.add(id);
    }
    return {
      acknowledged: acknowledged.length,
      lost: [...lost],
      slowestOpenMs,
      auditFaults,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

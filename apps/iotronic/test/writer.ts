// A process that writes until it is killed, one line on standard output for every write that the database acknowledged.
// `node --conditions=source writer.ts FOLDER ROUND CLIENTS COUNT [careless]`: COUNT 0 goes on for ever; `careless` leaves flushing
// to the operating system, to show that the tests of durability notice.
import { writeSync } from "node:fs";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { sqliteDatabase } from "../src/drivers/database/sqlite/index.ts";
import { createAudit, openHeadKey, openWitness } from "../src/modules/audit/index.ts";
import { everything, systemActor } from "../src/policy/index.ts";

const [folder = ".", round = "0", clients = "1", count = "0", careless] = process.argv.slice(2);
const project = "0192f0a0-0000-7000-8000-000000000001" as ProjectId;

const database = sqliteDatabase({
  folder,
  monotonicMs: systemClock.monotonicMs,
  durable: careless !== "careless",
});
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
writeSync(1, "ready\n");

const limit = count === "0" ? Number.POSITIVE_INFINITY : Number(count);
const write = async (client: number): Promise<void> => {
  for (let i = 0; i < limit; i += 1) {
    const id = `${round}-${client}-${i}`;
    await database.write(everything, async (tx) => {
      await tx.queries
        .insertInto("changes")
        .values({
          project_id: project,
          noun: "board",
          resource_id: id,
          rev: 1,
          actor: "system",
          at: systemClock.now(),
          patch: "{}",
        })
        .execute();
      await audit.append(tx, {
        actor: systemActor,
        action: "board.create",
        project,
        resource: { noun: "board", uuid: id, name: null },
      });
    });
    // Synchronous, so that a line out means an acknowledgement seen, whatever happens next.
    writeSync(1, `ack ${id}\n`);
  }
};
await Promise.all(Array.from({ length: Number(clients) }, (_, client) => write(client)));
await audit.stop?.();
await database.stop?.();

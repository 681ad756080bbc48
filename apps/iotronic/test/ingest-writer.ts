// A process that stores measured values until it is killed, one line on standard output for every append that was acknowledged.
// `node --conditions=source ingest-writer.ts NOW PLACE`: NOW is what its clock says; PLACE a folder, or the address of PostgreSQL.
import { writeSync } from "node:fs";
import { join } from "node:path";
import type { BoardId, ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import type { ObservationsDriver } from "../src/ports/observations.ts";

const [now = "0", place = "."] = process.argv.slice(2);
const nowMs = Number(now);
const common = { clock: { ...systemClock, now: () => nowMs }, log: silentLog };

const open = async (): Promise<ObservationsDriver> => {
  if (place.startsWith("postgres:")) {
    const { postgresObservations } = await import("../src/drivers/observations/postgres/index.ts");
    const importFolder = join("/", "nothing", "to", "import");
    return postgresObservations({ url: place, connections: 4, importFolder, ...common });
  }
  const { sqliteObservations } = await import("../src/drivers/observations/sqlite/index.ts");
  return sqliteObservations({ folder: place, ...common });
};

const driver = await open();
await driver.start?.();
const project = "p1" as ProjectId;

/** Appends of one board, one after the other: the number of the append is its value, on both sides of midnight. */
const ingest = async (board: BoardId): Promise<void> => {
  await driver.describe(project, board, { killed: { unit: "1", periodS: 60 } });
  for (let i = 0; ; i += 1) {
    await driver.append(
      project,
      board,
      [0, 1].map((day) => ({ series: "killed", atMs: nowMs - day * 86_400_000 - i, value: i })),
    );
    // Synchronous, so that a line out means an acknowledgement seen, whatever happens next.
    writeSync(1, `ack ${board} ${i}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, (_, i) => ingest(`killed-${i}` as BoardId)));

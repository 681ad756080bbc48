import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { databaseConformance } from "../../../ports/database.conformance.ts";
import type { Database } from "../../../ports/database.ts";
import { sqliteDatabase } from "./index.ts";

let folder = "";
let database: Database;

databaseConformance("sqlite", {
  open: async () => {
    folder = mkdtempSync(join(tmpdir(), "s4t-database-"));
    database = sqliteDatabase({ folder, monotonicMs: systemClock.monotonicMs });
    await database.start?.();
    await database.migrate();
    return database;
  },
  close: async () => {
    await database.stop?.();
    rmSync(folder, { recursive: true, force: true });
  },
});

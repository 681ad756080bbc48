import { openPostgresForTest, type PostgresForTest } from "../../../../test/postgres.ts";
import { databaseConformance } from "../../../ports/database.conformance.ts";

let opened: PostgresForTest;

databaseConformance("postgres", {
  open: async () => {
    opened = await openPostgresForTest();
    return opened.database;
  },
  close: () => opened.close(),
});

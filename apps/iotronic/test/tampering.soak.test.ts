import { expect, it } from "vitest";
import { openTestDatabase } from "./database.ts";
import { undetectedTamperings } from "./tampering.ts";

it.each(["sqlite", "postgres"] as const)(
  "a thousand tamperings of a thousand are found: %s",
  async (dialect) => {
    const seed = Date.now() % 2 ** 31;
    console.log(`seed ${seed}`);
    const test = await openTestDatabase(dialect);
    try {
      expect((await undetectedTamperings(test, 1_000, seed)).undetected).toEqual([]);
    } finally {
      await test.close();
    }
  },
  3_600_000,
);

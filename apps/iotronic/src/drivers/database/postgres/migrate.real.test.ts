import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDatabaseForTest } from "../../../../test/postgres.ts";
import { migrations } from "../../../migrations/index.ts";
import { everything } from "../../../policy/index.ts";
import { postgresDatabase } from "./index.ts";

it("clouds that migrate one empty database at once each find it whole, and every step has run once", async () => {
  const { url, drop } = await createDatabaseForTest();
  const clouds = Array.from({ length: 6 }, () =>
    postgresDatabase({ url, connections: 2, importFolder: join(tmpdir(), "s4t-no-import") }),
  );
  try {
    for (const cloud of clouds) await cloud.start?.();
    await Promise.all(clouds.map((cloud) => cloud.migrate()));
    const [first] = clouds;
    const applied = await first?.read(everything, ({ queries }) =>
      queries
        .selectFrom("schema_migrations" as never)
        .selectAll()
        .execute(),
    );
    expect(applied).toHaveLength(migrations.length);
  } finally {
    for (const cloud of clouds) await cloud.stop?.();
    await drop();
  }
});

import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
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

it("a migration sees every project's rows, although row security holds for the role that it runs as", async () => {
  const { url, drop } = await createDatabaseForTest();
  const options = { url, connections: 2, importFolder: join(tmpdir(), "s4t-no-import") };
  const cloud = postgresDatabase(options);
  try {
    await cloud.start?.();
    await cloud.migrate();
    const run = (text: string) =>
      cloud.write(everything, ({ queries }) => sql.raw(text).execute(queries));
    await run(`insert into boards (uuid, project_id, name, rev, status, description, labels, settings, search, features,
        simulated, connected, epoch, target_wanted, target_reached, failed_entries, created_at, updated_at)
      values ('b', 'p', 'b', 1, 'new', '', '{}', '{"log":{"level":"warn","ship":true}}', '', '[]',
        0, 0, 0, 1, 0, 0, 0, 0)`);
    // As a cloud of the release before left it.
    await run("create table boards_logs (project_id text)");
    await run("delete from schema_migrations where name = '20261127-0640-boards-logs'");
    await cloud.migrate();
    const [board] = await cloud.read(everything, ({ queries }) =>
      queries.selectFrom("boards").select("settings").execute(),
    );
    expect(JSON.parse(board?.settings ?? "")).toEqual({ log: { level: "warn" } });
  } finally {
    await cloud.stop?.();
    await drop();
  }
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { RELEASE } from "../packages/contract/src/version.ts";
import { startCloud, temporaryFolder } from "./program.ts";
import { expectUpgraded, makeSqliteFolder, releases } from "./released.ts";

/** Tables with their columns, and indexes, as SQLite knows them. */
const schemaOf = (folder: string): unknown => {
  const database = new DatabaseSync(join(folder, "database/cloud.sqlite"), { readOnly: true });
  try {
    return database
      .prepare("select name, type, tbl_name from sqlite_schema order by type, name")
      .all()
      .map((row) => ({
        ...row,
        columns:
          row.type === "table"
            ? database
                .prepare(`select name, type, "notnull", pk from pragma_table_info(?) order by name`)
                .all(String(row.name))
            : database
                .prepare("select name, seqno from pragma_index_info(?)")
                .all(String(row.name)),
      }));
  } finally {
    database.close();
  }
};

it.each(releases)(
  "data of release %s is brought up to this one, with everything in it",
  async (release) => {
    const old = temporaryFolder();
    const fresh = temporaryFolder();
    makeSqliteFolder(release, old.path);
    const upgraded = await startCloud(old.path);
    await expectUpgraded(upgraded);
    await upgraded.kill("SIGTERM");
    expect(readFileSync(join(old.path, "release"), "utf8")).toBe(`${RELEASE}\n`);
    const made = await startCloud(fresh.path);
    await made.kill("SIGTERM");
    expect(schemaOf(old.path)).toEqual(schemaOf(fresh.path));
    old.remove();
    fresh.remove();
  },
);

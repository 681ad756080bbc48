// Data folders as earlier releases wrote them, kept in the repository so that a clone without history can try them too.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { root } from "../scripts/repository.ts";
import { listAll, type RunningCloud } from "./program.ts";

const kept = join(root, "apps/iotronic/test/released");

/** A dump's tables stand in order of name: what points to what is whole only at the end. */
const unordered = { enableForeignKeyConstraints: false };

/** Releases of which there is data. */
export const releases = readdirSync(kept);

const copyFiles = (release: string, folder: string): void => {
  for (const name of ["audit.key", "witness.jsonl", "admin.json"])
    copyFileSync(join(kept, release, name), join(folder, name));
  writeFileSync(join(folder, "release"), `${release}\n`);
};

/** Makes the data folder of a release, on SQLite. */
export const makeSqliteFolder = (release: string, folder: string): void => {
  mkdirSync(join(folder, "database"), { recursive: true });
  copyFiles(release, folder);
  const database = new DatabaseSync(join(folder, "database/cloud.sqlite"), unordered);
  database.exec(readFileSync(join(kept, release, "cloud.sql"), "utf8"));
  database.close();
};

/** The same rows as a restored backup of a cloud on PostgreSQL that waits to be imported. */
export const makePostgresFolder = (release: string, folder: string): void => {
  const tables = join(folder, "database/tables");
  mkdirSync(tables, { recursive: true });
  copyFiles(release, folder);
  const database = new DatabaseSync(":memory:", unordered);
  database.exec(readFileSync(join(kept, release, "cloud.sql"), "utf8"));
  const names = database
    .prepare("select name from pragma_table_list where type = 'table' and name not like 'sqlite_%'")
    .all();
  for (const { name } of names) {
    const rows = database.prepare(`select * from "${name}"`).all();
    writeFileSync(
      join(tables, `${name}.jsonl`),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
  }
  database.close();
};

/** Everything that was there before the upgrade is there after it, and the cloud goes on. */
export const expectUpgraded = async (cloud: RunningCloud): Promise<void> => {
  await cloud.signIn();
  const boards = await listAll(cloud, "/api/boards");
  expect(boards.map(({ name }) => name).sort()).toEqual(["duomo-3", "faro-1", "garibaldi-12"]);
  const lamp = boards.find(({ name }) => name === "faro-1");
  expect(lamp).toMatchObject({ description: "the lamp at faro-1", labels: { street: "faro" } });
  const target = await cloud.call("GET", `/api/boards/${lamp.uuid}/target`);
  expect(target.body.settings).toEqual({
    sensors: { enabled: true, storeEveryS: 60 },
    log: { level: "info" },
  });
  const signedIn = await cloud.call("POST", "/api/session", {
    method: "password",
    name: "rosa",
    password: "a lamp post in messina",
  });
  expect(signedIn.body.session.projects).toMatchObject([{ name: "lamps", role: "manager" }]);
  const changed = await cloud.call("PATCH", `/api/boards/${lamp.uuid}`, { description: "new" });
  expect(changed.status, changed.text).toBe(200);
  expect((await cloud.call("POST", "/api/boards", { name: "new-1" })).status).toBe(201);
  const verified = await cloud.call("POST", "/api/audit/verify");
  expect(verified.body, verified.text).toMatchObject({ intact: true });
};

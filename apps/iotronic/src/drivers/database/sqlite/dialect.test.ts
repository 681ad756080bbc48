import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CompiledQuery } from "kysely";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ReadingConnection } from "./dialect.ts";

let folder = "";
let writing: DatabaseSync;
let reading: DatabaseSync;
let connection: ReadingConnection;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s4t-reading-"));
  const file = join(folder, "cloud.sqlite");
  writing = new DatabaseSync(file);
  writing.exec("PRAGMA journal_mode = WAL; create table notes (text text)");
  reading = new DatabaseSync(file, { readOnly: true });
  connection = new ReadingConnection(reading);
});
afterEach(() => {
  for (const each of [reading, writing]) if (each.isOpen) each.close();
  rmSync(folder, { recursive: true });
});

const write = (text: string) => writing.prepare("insert into notes values (?)").run(text);
const count = async () =>
  (await connection.executeQuery(CompiledQuery.raw("select * from notes"))).rows.length;
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("what is read in one turn is of one moment, and the next turn's of a later one", async () => {
  expect(await count()).toBe(0);
  write("meanwhile");
  expect(await count()).toBe(0);
  await turn();
  expect(await count()).toBe(1);
});

it("after a commit of ours the moment is over at once", async () => {
  expect(await count()).toBe(0);
  write("ours");
  connection.renew();
  expect(await count()).toBe(1);
});

it("holds nothing when the turn is over: the log can be put away", async () => {
  await count();
  write("something");
  await turn();
  expect(writing.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()).toMatchObject({ busy: 0 });
});

it("a closed database is left alone", async () => {
  await count();
  reading.close();
  await turn();
  await expect(count()).rejects.toThrow();
});

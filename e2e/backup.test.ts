// Backup and restore with the real programs: the cloud under writes, the command line that copies it and brings the copy back.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packFolder } from "../apps/iotronic/src/modules/backup/archive.ts";
import { dialectOfRun } from "../apps/iotronic/test/database.ts";
import { RELEASE } from "../packages/contract/src/version.ts";
import { root } from "../scripts/repository.ts";
import { inconsistencies } from "./kill.ts";
import { freePort, listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";

const commandLine = join(root, "apps/cli/dist/main.js");
const folder = temporaryFolder();
const files = join(folder.path, "files");
let cloud: RunningCloud;
let token = "";

beforeAll(async () => {
  mkdirSync(files);
  cloud = await startCloud(join(folder.path, "one"));
  token = await cloud.signIn();
});
afterAll(async () => {
  await cloud.kill("SIGTERM");
  folder.remove();
});

/** Runs `s4t …` against a cloud. */
const s4t = (url: string, bearer: string, ...args: string[]) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    execFile(
      process.execPath,
      [commandLine, ...args],
      { env: { PATH: process.env.PATH, HOME: files, S4T_URL: url, S4T_TOKEN: bearer } },
      (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, said: `${out}${err}` }),
    );
  });

const namesIn = async (of: RunningCloud): Promise<Set<string>> =>
  new Set((await listAll(of, "/api/boards")).map(({ name }) => name));

it("a copy made under writes is of one moment, has all that was acknowledged before it, and comes back whole", async () => {
  const acknowledged: string[] = [];
  let over = false;
  const writing = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; !over; i += 1) {
      const name = `c-${writer}-${i}`;
      const made = await cloud.call("POST", "/api/boards", { name });
      expect(made.status, made.text).toBe(201);
      await cloud.call("PATCH", `/api/boards/${made.body.board.uuid}`, { description: "changed" });
      acknowledged.push(name);
    }
  });
  await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(10);
  const before = [...acknowledged];
  const file = join(files, "busy.backup");
  const backup = await s4t(cloud.url, token, "backup", file);
  over = true;
  await Promise.all(writing);
  expect(backup.code, backup.said).toBe(0);
  expect(acknowledged.length).toBeGreaterThan(before.length);

  // Its port stays the same over the restart.
  const other = await startCloud(join(folder.path, "two"), {
    args: ["--port", String(await freePort())],
  });
  try {
    const restored = await s4t(other.url, await other.signIn(), "restore", file, "--yes");
    expect(restored.code, restored.said).toBe(0);
    // It restarts within its process, with the people of the backup.
    const lives = () => other.said().split("is running").length - 1;
    await expect.poll(lives, { timeout: 15_000 }).toBe(2);
    await other.signIn();
    const names = await namesIn(other);
    expect(before.filter((name) => !names.has(name))).toEqual([]);
    expect(await inconsistencies(join(folder.path, "two"))).toEqual([]);
    expect((await other.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    const bearer = await other.signIn();
    const record = await s4t(other.url, bearer, "audit", "list", "--project", "all", "--json");
    expect(record.said).toContain('"cloud.restore"');
  } finally {
    expect((await other.kill("SIGTERM")).code).toBe(0);
  }
}, 60_000);

/** A folder that looks like the inside of a backup, as a stream in a file. */
const packed = async (name: string, from: string, release = RELEASE): Promise<string> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of packFolder(from, release)) pieces.push(piece);
  const file = join(files, name);
  writeFileSync(file, Buffer.concat(pieces));
  return file;
};

/** The inside of a copy whose database has one table. */
const withTable = (
  name: string,
  table: string,
  rows: readonly string[],
  dialect = dialectOfRun,
): string => {
  const inside = join(files, name);
  mkdirSync(join(inside, "database/tables"), { recursive: true });
  cpSync(join(folder.path, "one/audit.key"), join(inside, "audit.key"));
  if (dialect === "postgres") {
    const lines = rows.map((row) => `${JSON.stringify({ name: row })}\n`);
    writeFileSync(join(inside, `database/tables/${table}.jsonl`), lines.join(""));
    return inside;
  }
  const database = new DatabaseSync(join(inside, "database/cloud.sqlite"));
  database.exec(`create table ${table} (name text)`);
  for (const row of rows) database.prepare(`insert into ${table} values (?)`).run(row);
  database.close();
  return inside;
};

it("what is damaged, foreign or newer is refused with a code, and nothing is touched", async () => {
  await cloud.call("POST", "/api/boards", { name: "stays" });
  const whole = join(files, "whole.backup");
  expect((await s4t(cloud.url, token, "backup", whole)).code).toBe(0);
  const bytes = readFileSync(whole);
  const write = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(files, name), content);
    return join(files, name);
  };
  const flipped = Buffer.from(bytes);
  const place = Math.floor(bytes.length * 0.6);
  flipped[place] = (flipped[place] ?? 0) ^ 1;
  const later = withTable("later", "schema_migrations", ["20991231-2359-later"]);
  const stranger = withTable("stranger", "recipes", []);
  // Of a cloud on the other database: whole, and nothing that this one could take over.
  const otherKind = withTable(
    "other-kind",
    "schema_migrations",
    ["20261124-1150-audit"],
    dialectOfRun === "sqlite" ? "postgres" : "sqlite",
  );
  const text = bytes.subarray(0, 100).toString("latin1");
  const nothing = `{"path":"x","size":0,"sha256":"${createHash("sha256").digest("hex")}"}`;
  const cases = [
    [write("flipped", flipped), "backup.invalid"],
    [write("cut", bytes.subarray(0, bytes.length - 100)), "backup.invalid"],
    [write("longer", Buffer.concat([bytes, Buffer.from("x")])), "backup.invalid"],
    [write("noise", Buffer.alloc(100_000, 7)), "backup.invalid"],
    [write("empty", ""), "backup.invalid"],
    [write("nothing-in-it", `s4t-backup 1 ${RELEASE}\n{"end":0}\n`), "backup.invalid"],
    [
      write(
        "climbs",
        `s4t-backup 1 ${RELEASE}\n{"path":"../x","size":1,"sha256":"0"}\nx{"end":1}\n`,
      ),
      "backup.invalid",
    ],
    [
      write("twice", `s4t-backup 1 ${RELEASE}\n${nothing}\n${nothing}\n{"end":2}\n`),
      "backup.invalid",
    ],
    [await packed("stranger.backup", stranger), "backup.invalid"],
    [await packed("other-kind.backup", otherKind), "backup.invalid"],
    [await packed("later.backup", later), "backup.newer"],
    [
      write(
        "newer",
        Buffer.concat([
          Buffer.from(text.replace(` ${RELEASE}\n`, " 99.0.0\n"), "latin1"),
          bytes.subarray(100),
        ]),
      ),
      "backup.newer",
    ],
  ] as const;
  const folderOf = join(folder.path, "one");
  const pid = readFileSync(join(folderOf, "pid"), "utf8");
  for (const [file, code] of cases) {
    const { code: exit, said } = await s4t(cloud.url, token, "restore", file, "--yes", "--json");
    expect([exit > 0, said], `${file}\n${cloud.said().slice(-2_000)}`).toEqual([
      true,
      expect.stringContaining(code),
    ]);
    expect(existsSync(join(folderOf, "restore"))).toBe(false);
    expect(existsSync(join(folderOf, "restore.new"))).toBe(false);
  }
  expect(existsSync(join(folder.path, "x"))).toBe(false);
  expect((await namesIn(cloud)).has("stays")).toBe(true);
  expect(readFileSync(join(folderOf, "pid"), "utf8")).toBe(pid);
  expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  expect(cloud.said().split("is running")).toHaveLength(2);
}, 60_000);

// What keeps the cloud from starting: each ends the program with a sentence, a code and an exit status that scripts can tell apart.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exitCodes } from "../packages/contract/src/errors/row.ts";
import { type CloudOptions, launchCloud, startCloud, temporaryFolder } from "./program.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Starts a cloud that must not come up. */
const refusal = async (data: string, options?: CloudOptions) => {
  const launched = launchCloud(data, options);
  const { code } = await launched.ended;
  const said = launched.said();
  expect(said).not.toMatch(/\n {4}at |node:internal/);
  return { code, said };
};

it("a port that is taken: says which, and how to choose another", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  const { port } = squatter.address() as { port: number };
  try {
    const { code, said } = await refusal(folder.path, { args: ["--port", String(port)] });
    expect(code).toBe(exitCodes.cannotCreate);
    expect(said).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(said).toContain("(port.in-use)");
  } finally {
    squatter.close();
  }
});

it("a data folder that cannot be made or written: says why", async () => {
  writeFileSync(join(folder.path, "file"), "");
  for (const path of [join(folder.path, "file"), join(folder.path, "file/under"), "/sys/s4t"]) {
    const { code, said } = await refusal(path);
    expect([code, said], said).toEqual([
      exitCodes.cannotCreate,
      expect.stringContaining("(data.unwritable)"),
    ]);
    expect(said).toContain(path);
  }
});

it("a disk that takes nothing: says so", async () => {
  const { code, said } = await refusal(folder.path, { under: ["prlimit", "--fsize=0"] });
  expect([code, said]).toEqual([
    exitCodes.cannotCreate,
    expect.stringContaining("the disk is full. (data.unwritable)"),
  ]);
});

it("a second start on the same folder: names the process that has it, which goes on", async () => {
  const first = await startCloud(folder.path);
  try {
    const { code, said } = await refusal(folder.path);
    expect(code).toBe(exitCodes.cannotCreate);
    expect(said).toContain(`in use by process ${first.child.pid}`);
    expect(said).toContain("(data.locked)");
    expect((await first.call("GET", "/readyz")).status).toBe(200);
  } finally {
    await first.kill("SIGTERM");
  }
});

it("data of a newer release: is refused and left as it is", async () => {
  const first = await startCloud(folder.path);
  await first.kill("SIGTERM");
  const release = join(folder.path, "release");
  const own = readFileSync(release, "utf8");
  writeFileSync(release, "99.0.0\n");
  const newer = await refusal(folder.path);
  expect([newer.code, newer.said]).toEqual([
    exitCodes.config,
    expect.stringContaining("newer release: 99.0.0. (data.newer)"),
  ]);
  expect(readFileSync(release, "utf8")).toBe("99.0.0\n");

  // The same, when only the schema tells.
  writeFileSync(release, own);
  const database = new DatabaseSync(join(folder.path, "database/cloud.sqlite"));
  database.exec("insert into schema_migrations values ('20991231-2359-later', 1)");
  database.close();
  const later = await refusal(folder.path);
  expect([later.code, later.said]).toEqual([
    exitCodes.config,
    expect.stringContaining("20991231-2359-later. (data.newer)"),
  ]);
});

it.each([
  [["--colour", "red"], {}, "config.unknown"],
  [["--port", "many"], {}, "config.invalid"],
  [["--port"], {}, "config.invalid"],
  [[], { S4T_LOG_LEVEL: "loud" }, "config.invalid"],
  [["--database.driver", "postgres"], {}, "config.invalid"],
] as const)("settings that are none: %j %j", async (args, env, expected) => {
  const { code, said } = await refusal(folder.path, { args, env: { ...env } });
  expect([code, said], said).toEqual([exitCodes.config, expect.stringContaining(`(${expected})`)]);
});

it("a settings file that is damaged: names it", async () => {
  writeFileSync(join(folder.path, "config.json"), "{");
  const { said } = await refusal(folder.path);
  expect(said).toContain("config.json: it is not JSON. (config.invalid)");
});

it("a database that is damaged: says so with a code, and leaves it alone", async () => {
  mkdirSync(join(folder.path, "database"));
  const file = join(folder.path, "database/cloud.sqlite");
  writeFileSync(file, "this is no database, and never was one".repeat(100));
  const { code, said } = await refusal(folder.path);
  expect([code, said], said).toEqual([exitCodes.data, expect.stringContaining("(data.damaged)")]);
  expect(readFileSync(file, "utf8")).toContain("never was one");
  rmSync(file);
});

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createManualClock } from "../../../test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { diskBlobs } from "../../drivers/blobs/disk/index.ts";
import { everything } from "../../policy/index.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";
import { createClaims, createSweeper, UNNAMED_BLOB_LIFE_MS } from "./sweep.ts";

let test: TestDatabase;
let folder = "";
let blobs: BlobsDriver;
beforeEach(async () => {
  test = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), "s4t-sweep-"));
  blobs = diskBlobs({ folder });
  await blobs.start?.();
});
afterEach(async () => {
  await test.close();
  rmSync(folder, { recursive: true, force: true });
});

const now = Date.parse("2026-11-27T12:00:00Z");
const put = async (ageMs: number): Promise<string> => {
  const bytes = randomBytes(100);
  const sha256 = sha256Hex(bytes);
  async function* all() {
    yield bytes;
  }
  await blobs.put(sha256, all());
  const at = (now - ageMs) / 1_000;
  utimesSync(join(folder, sha256), at, at);
  return sha256;
};

it("removes what nobody names, once it is old, and nothing that is about to be named", async () => {
  const old = UNNAMED_BLOB_LIFE_MS + 1_000;
  const [gone, young, named, claimed] = [
    await put(old),
    await put(old - 2_000),
    await put(old),
    await put(old),
  ] as const;
  const project = "01a21ab2-0000-7000-8000-000000000001";
  await test.database.write(everything, async ({ queries }) => {
    const common = { project_id: project, created_at: 1, updated_at: 1 };
    await queries
      .insertInto("plugins")
      .values({
        ...common,
        uuid: "p",
        name: "p",
        description: "",
        labels: "{}",
        versions: 1,
        rev: 1,
      })
      .execute();
    const { updated_at: _, ...row } = common;
    const signed = { signed_by: "k", signature: "s", created_by: "me" };
    await queries
      .insertInto("plugins_versions")
      .values({
        ...row,
        ...signed,
        plugin_id: "p",
        number: 1,
        version: "v",
        manifest: "{}",
        blob: named,
      })
      .execute();
  });
  const claims = createClaims();
  const claim = claims.claim(claimed);
  const sweeper = createSweeper(
    { database: test.database, blobs, clock: createManualClock(now), log: silentLog },
    claims,
  );
  const left = async () => new Set((await blobs.list()).map(({ sha256 }) => sha256));
  await sweeper.sweep();
  expect(await left()).toEqual(new Set([young, named, claimed]));
  claim[Symbol.dispose]();
  await sweeper.sweep();
  expect(await left()).toEqual(new Set([young, named]));
  expect(gone).not.toBe(young);
});

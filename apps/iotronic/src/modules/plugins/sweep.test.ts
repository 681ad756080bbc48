import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { diskBlobs } from "../../drivers/blobs/disk/index.ts";
import { everything } from "../../policy/index.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";
import { type Claims, createClaims } from "./claims.ts";
import { insertPlugin, insertVersion } from "./store.ts";
import { createSweeper, type Sweeper, UNNAMED_BLOB_LIFE_MS } from "./sweep.ts";
import { setUpload } from "./upload-store.ts";

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
const project = "01a21ab2-0000-7000-8000-000000000001" as ProjectId;
const put = async (): Promise<string> => {
  const bytes = randomBytes(100);
  const sha256 = sha256Hex(bytes);
  async function* all() {
    yield bytes;
  }
  await blobs.put(sha256, all());
  return sha256;
};
const send = async (ageMs: number): Promise<string> => {
  const blob = await put();
  await test.database.write(everything, (tx) =>
    setUpload(everything, tx, { project_id: project, blob, bytes: 100, at: now - ageMs }),
  );
  return blob;
};
const name = (blob: string): Promise<void> =>
  test.database.write(everything, async (tx) => {
    const common = { project_id: project, created_at: 1 };
    await insertPlugin(everything, tx, {
      ...{ ...common, uuid: "p", name: "p", description: "", labels: "{}" },
      ...{ versions: 1, rev: 1, updated_at: 1 },
    });
    await insertVersion(everything, tx, {
      ...{ ...common, plugin_id: "p", number: 1, version: "v", manifest: "{}", blob },
      ...{ bytes: 4_096, manifest_bytes: 2, signed_by: "k", signature: "s", created_by: "me" },
    });
  });
const open = (claims: Claims, through = blobs): Sweeper =>
  createSweeper(
    { database: test.database, blobs: through, clock: createManualClock(now), log: silentLog },
    claims,
  );
const left = async () => new Set((await blobs.list()).map(({ sha256 }) => sha256));

it("removes what nobody names or has sent of late, and nothing that is about to be named", async () => {
  await put();
  await send(UNNAMED_BLOB_LIFE_MS + 1_000);
  const [young, named, claimed] = [
    await send(UNNAMED_BLOB_LIFE_MS - 1_000),
    await put(),
    await put(),
  ] as const;
  await name(named);
  const claims = createClaims();
  const claim = await claims.claim(claimed);
  const sweeper = open(claims);
  await claims.still(() => sweeper.sweep());
  expect((await left()).size).toBe(5);
  await sweeper.sweep();
  expect(await left()).toEqual(new Set([young, named, claimed]));
  claim[Symbol.dispose]();
  await sweeper.sweep();
  expect(await left()).toEqual(new Set([young, named]));
});

it("whoever wants a blob that is being removed waits until it is gone", async () => {
  const blob = await put();
  const gate = Promise.withResolvers<void>();
  const claims = createClaims();
  let isRemoving = false;
  const sweeper = open(claims, {
    ...blobs,
    async remove(sha256) {
      isRemoving = true;
      await gate.promise;
      await blobs.remove(sha256);
    },
  });
  const swept = sweeper.sweep();
  await expect.poll(() => isRemoving).toBe(true);
  const claim = claims.claim(blob).then(() => blobs.find(blob));
  gate.resolve();
  expect(await claim).toBeUndefined();
  await swept;
});

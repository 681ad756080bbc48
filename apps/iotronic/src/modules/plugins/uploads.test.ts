import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { diskBlobs } from "../../drivers/blobs/disk/index.ts";
import { within } from "../../policy/index.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";
import { createClaims } from "./claims.ts";
import { hasBlob, setUpload, sumUploads } from "./upload-store.ts";
import {
  createUploads,
  LEAST_COUNTED_BYTES,
  MAX_UNNAMED_BYTES_PER_PROJECT,
  type Uploads,
} from "./uploads.ts";

const [mine, theirs] = [1, 2].map(
  (n) => `01a21ab2-0000-7000-8000-00000000000${n}` as ProjectId,
) as [ProjectId, ProjectId];
let test: TestDatabase;
let folder = "";
let blobs: BlobsDriver;
let uploads: Uploads;
let swept = 0;
beforeEach(async () => {
  test = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), "s4t-uploads-"));
  blobs = diskBlobs({ folder });
  await blobs.start?.();
  swept = 0;
  const deps = { database: test.database, blobs, clock: createManualClock(1_000) };
  uploads = createUploads(deps, createClaims(), () => {
    swept += 1;
  });
});
afterEach(async () => {
  await test.close();
  rmSync(folder, { recursive: true, force: true });
});

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const put = (project: ProjectId, ...texts: string[]) => {
  const sha256 = sha256Hex(Buffer.from(texts.join("")));
  return uploads.put(project, sha256, pieces(...texts));
};
const has = (project: ProjectId, text: string) =>
  test.database.read(within(project), (reader) =>
    hasBlob(within(project), reader, project, sha256Hex(Buffer.from(text))),
  );
const waiting = (project: ProjectId) =>
  test.database.read(within(project), (reader) => sumUploads(within(project), reader, project, ""));
/** So many bytes wait already. */
const fill = (project: ProjectId, bytes: number, blob = "f".repeat(64)) =>
  test.database.write(within(project), (tx) =>
    setUpload(within(project), tx, { project_id: project, blob, bytes, at: 1_000 }),
  );
const full = { code: "blob.unnamed-full" };

it("counts for the project that sent the bytes, and for no other that knows their hash", async () => {
  await put(mine, "hello");
  expect([await has(mine, "hello"), await has(theirs, "hello")]).toEqual([true, false]);
  // What is there already has to be sent all the same.
  const hello = sha256Hex(Buffer.from("hello"));
  await expect(uploads.put(theirs, hello, pieces("guess"))).rejects.toMatchObject({
    code: "blob.damaged",
  });
  expect(await has(theirs, "hello")).toBe(false);
  await put(theirs, "hello");
  expect(await has(theirs, "hello")).toBe(true);
});

it("refuses a project more unnamed bytes than it may have, at the first too many, and others go on", async () => {
  await fill(mine, MAX_UNNAMED_BYTES_PER_PROJECT - LEAST_COUNTED_BYTES - 5);
  let given = 0;
  async function* many(): AsyncGenerator<Uint8Array> {
    for (; given < 100; given += 1) yield Buffer.from("x");
  }
  await expect(uploads.put(mine, "a".repeat(64), many())).rejects.toMatchObject(full);
  expect(given).toBeLessThan(10);
  expect(await blobs.list()).toEqual([]);
  await put(mine, "small");
  await expect(put(mine, "one more")).rejects.toMatchObject(full);
  await put(theirs, "one more");
  // Sent again, the same bytes need no more room.
  await put(mine, "small");
  expect(await waiting(mine)).toBe(MAX_UNNAMED_BYTES_PER_PROJECT - 5);
});

it("counts what is under way, and what came to its end meanwhile", async () => {
  await fill(mine, MAX_UNNAMED_BYTES_PER_PROJECT - 2 * LEAST_COUNTED_BYTES - 10);
  const gate = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("slow ");
    await gate.promise;
    yield Buffer.from("one");
  }
  const first = uploads.put(mine, sha256Hex(Buffer.from("slow one")), slow());
  await expect.poll(() => readdirSync(folder)).toHaveLength(1);
  await expect(put(mine, "longer than it")).rejects.toMatchObject(full);
  await put(mine, "short");
  await fill(mine, LEAST_COUNTED_BYTES, "e".repeat(64));
  gate.resolve();
  await expect(first).rejects.toMatchObject(full);
  expect(swept).toBe(1);
});

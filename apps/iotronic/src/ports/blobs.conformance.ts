// What every driver of blobs promises. A driver's own test calls this with how it is made.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MAX_BLOB_BYTES } from "@s4t/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BlobsDriver } from "./blobs.ts";

export interface BlobsSetup {
  /** A started driver on empty storage. */
  readonly open: () => Promise<BlobsDriver>;
  /** The same storage, opened again. */
  readonly reopen: () => Promise<BlobsDriver>;
  readonly close: () => Promise<void>;
  /** An empty folder of the test, removed by `close`. */
  readonly folder: () => string;
  /** Lets the storage refuse everything, until what it answers is called. */
  readonly refuse: () => () => void;
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const textOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const all: Uint8Array[] = [];
  for await (const piece of bytes) all.push(piece);
  return Buffer.concat(all).toString();
};

/** Runs the suite. */
export const blobsConformance = (name: string, setup: BlobsSetup): void => {
  describe(`blobs on ${name}`, () => {
    let blobs: BlobsDriver;
    beforeEach(async () => {
      blobs = await setup.open();
    });
    afterEach(() => setup.close());
    const hello = hashOf("hello world");
    const putHello = () => blobs.put(hello, pieces("hello", " world"));

    it("keeps bytes under their hash, whole and in stretches, over a restart", async () => {
      await putHello();
      for (const driver of [blobs, await setup.reopen()]) {
        expect(await textOf(await driver.read(hello))).toBe("hello world");
        expect(await textOf(await driver.read(hello, { from: 4, to: 6 }))).toBe("o w");
        expect(await textOf(await driver.read(hello, { from: 10, to: 10 }))).toBe("d");
        expect(await driver.find(hello)).toMatchObject({ sha256: hello, bytes: 11 });
      }
    });
    it("leaves nothing of bytes that are not what their name says", async () => {
      await expect(blobs.put(hello, pieces("hello", " World"))).rejects.toMatchObject({
        code: "blob.damaged",
      });
      expect(await blobs.find(hello)).toBeUndefined();
      expect(await blobs.list()).toEqual([]);
    });
    it("keeps the right bytes when wrong ones come under the same name", async () => {
      await putHello();
      await expect(blobs.put(hello, pieces("other"))).rejects.toMatchObject({
        code: "blob.damaged",
      });
      expect(await textOf(await blobs.read(hello))).toBe("hello world");
    });
    it("leaves nothing of a stream that breaks", async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("hello");
        throw new Error("the client has left");
      }
      await expect(blobs.put(hello, broken())).rejects.toThrow("the client has left");
      expect(await blobs.list()).toEqual([]);
    });
    it("refuses more than a blob may have at the first byte too many", async () => {
      let given = 0;
      const piece = Buffer.alloc(1_048_576);
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          given += piece.length;
          yield piece;
        }
      }
      await expect(blobs.put(hello, endless())).rejects.toMatchObject({
        code: "request.too-large",
      });
      expect(given).toBeLessThanOrEqual(MAX_BLOB_BYTES + piece.length);
      expect(await blobs.list()).toEqual([]);
    });
    it("stores the same bytes from many at once, and counts them as stored anew", async () => {
      await putHello();
      const before = (await blobs.find(hello))?.storedAtMs ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 20));
      await Promise.all([putHello(), putHello(), putHello()]);
      expect((await blobs.find(hello))?.storedAtMs).toBeGreaterThan(before);
      expect((await blobs.list()).map(({ sha256 }) => sha256)).toEqual([hello]);
    });
    it("says what is not there, and removes what may be gone already", async () => {
      await expect(blobs.read(hello)).rejects.toMatchObject({ code: "blob.not-found" });
      await putHello();
      await blobs.remove(hello);
      await blobs.remove(hello);
      expect(await blobs.find(hello)).toBeUndefined();
    });
    it("tells with a code that its storage refuses, and goes on by itself once it does not", async () => {
      await putHello();
      const heal = setup.refuse();
      const bye = hashOf("bye");
      const refused = { code: "cloud.unavailable" };
      await expect(blobs.put(bye, pieces("bye"))).rejects.toMatchObject(refused);
      await expect(blobs.list()).rejects.toMatchObject(refused);
      await expect(blobs.find(hello)).rejects.toMatchObject(refused);
      await expect(blobs.remove(hello)).rejects.toMatchObject(refused);
      heal();
      expect(await textOf(await blobs.read(hello))).toBe("hello world");
      await blobs.put(bye, pieces("bye"));
      expect((await blobs.list()).length).toBe(2);
    });
    it("adds to a backup what it lacks", async () => {
      const into = join(setup.folder(), "copy");
      await putHello();
      await blobs.backup(into);
      const bye = hashOf("bye");
      await blobs.put(bye, pieces("bye"));
      await blobs.backup(into);
      expect(readdirSync(into).sort()).toEqual([hello, bye].sort());
      expect(readFileSync(join(into, bye), "utf8")).toBe("bye");
    });
  });
};

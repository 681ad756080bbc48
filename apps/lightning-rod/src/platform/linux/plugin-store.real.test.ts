// Versions of plugins on a disk of their own that is full, or read-only, as only root can make one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSigningKey, packSigned } from "../../../test/plugin.ts";
import { openPluginStore } from "./plugin-store.ts";

const key = createSigningKey();
const random = seeded(11);
/** Three megabytes that cannot be packed. */
const noise = Buffer.from(Array.from({ length: 3_000_000 }, () => Math.floor(random() * 256)));
const large = packSigned({ "main.mjs": noise }, key);
/** Small on its way, large on the disk. */
const hollow = packSigned({ "main.mjs": Buffer.alloc(4_000_000), "more.mjs": "more" }, key);
const storage = expect.objectContaining({ code: "board.storage" });
const never = new AbortController().signal;

let folder: string;
const mount = (options: string) =>
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s4t-disk-"));
  mount("size=1m");
});
afterEach(() => {
  execFileSync("umount", [folder]);
  rmdirSync(folder);
});

it("a full disk keeps what came, and the rest follows when there is room", async () => {
  const store = openPluginStore(folder);
  const { manifest, version } = large.value;
  const first = await store.openPart(manifest);
  const fill = () => {
    for (let at = first.size; at < large.blob.length; at += 65_536)
      first.append(large.blob.subarray(at, at + 65_536));
  };
  expect(fill).toThrow(storage);
  first.close();
  mount("remount,size=16m");
  const second = await store.openPart(manifest);
  expect(second.size).toBeGreaterThan(500_000);
  second.append(large.blob.subarray(second.size));
  second.finish();
  await store.unpack(version, manifest, never);
  store.commit(version, manifest);
  expect(readFileSync(join(store.folderOf(version), "main.mjs")).equals(noise)).toBe(true);
});

it("a disk that is full while files are unpacked leaves none of them, and the blob to begin again with", async () => {
  const store = openPluginStore(folder);
  const { manifest, version } = hollow.value;
  const part = await store.openPart(manifest);
  part.append(hollow.blob);
  part.finish();
  await expect(store.unpack(version, manifest, never)).rejects.toEqual(storage);
  expect([readdirSync(join(folder, "versions")), store.hasBlob(manifest)]).toEqual([[], true]);
  mount("remount,size=16m");
  await store.unpack(version, manifest, never);
  store.commit(version, manifest);
  expect([store.has(version), store.hasBlob(manifest)]).toEqual([true, false]);
});

it("a read-only disk is told as such at each step, and what was there stays", async () => {
  const store = openPluginStore(folder);
  const small = packSigned({ "main.mjs": "1" }, key);
  const { manifest, version } = small.value;
  const part = await store.openPart(manifest);
  part.append(small.blob);
  part.finish();
  await store.unpack(version, manifest, never);
  mount("remount,ro");
  expect(() => store.commit(version, manifest)).toThrow(storage);
  await expect(store.unpack(version, manifest, never)).rejects.toEqual(storage);
  await expect((async () => store.openPart(large.value.manifest))()).rejects.toEqual(storage);
  expect(() => store.stateFolderOf("hello")).toThrow(storage);
  expect(() => store.sweep({ versions: new Set(), blobs: new Set(), names: new Set() })).toThrow(
    storage,
  );
  mount("remount,rw");
  store.commit(version, manifest);
  expect(existsSync(join(store.folderOf(version), "main.mjs"))).toBe(true);
});

// A disk that lets go of some files and not of others. To root every folder is writable: it is somebody else meanwhile.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSigningKey, packSigned } from "../../../test/plugin.ts";
import { openPluginStore } from "./plugin-store.ts";

/** A user without rights, by Debian's number. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const key = createSigningKey();
const one = packSigned({ "a.mjs": "1", "held/b.mjs": "2", "z.mjs": "3" }, key);
const two = packSigned({ "a.mjs": "22" }, key);
const nothing = { versions: new Set<string>(), blobs: new Set<string>(), names: new Set<string>() };
const storage = expect.objectContaining({ code: "board.storage" });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s4t-store-"));
  if (!isRoot) return;
  chownSync(folder, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
});
afterEach(() => {
  if (isRoot) process.seteuid?.(0);
  rmSync(folder, { recursive: true, force: true });
});

const openWith = () => {
  const store = openPluginStore(folder);
  const bring = async ({ value: { manifest, version }, blob }: typeof one) => {
    const part = await store.openPart(manifest);
    part.append(blob);
    part.finish();
    await store.unpack(version, manifest, new AbortController().signal);
    store.commit(version, manifest);
  };
  const filesOf = ({ value }: typeof one) =>
    value.manifest.files.map(({ path }) =>
      readFileSync(join(store.folderOf(value.version), path), "utf8"),
    );
  return { store, bring, filesOf };
};

it("a version that the disk lets go of by half is not there any more, and comes whole again", async () => {
  const { store, bring, filesOf } = openWith();
  await bring(one);
  await bring(two);
  const { version } = one.value;
  const held = (of: string) => join(of, "held");
  chmodSync(held(store.folderOf(version)), 0o555);
  expect(() => store.sweep(nothing)).toThrow(storage);
  // What stays keeps nothing else from going.
  expect([store.has(version), store.has(two.value.version)]).toEqual([false, false]);
  await bring(one);
  expect(filesOf(one)).toEqual(["1", "2", "3"]);
  // While a half one is in the way, the next one stays whole.
  expect(() => store.sweep(nothing)).toThrow(storage);
  expect(filesOf(one)).toEqual(["1", "2", "3"]);
  chmodSync(held(`${store.folderOf(version)}.gone`), 0o755);
  store.sweep({ ...nothing, versions: new Set([version]) });
  expect(readdirSync(join(folder, "versions"))).toEqual([version]);
});

it("so does what a plugin keeps: the next one of its name begins with nothing", () => {
  const { store } = openWith();
  const path = store.stateFolderOf("hello");
  for (const name of ["a", "z"]) writeFileSync(join(path, name), "kept");
  mkdirSync(join(path, "held"));
  writeFileSync(join(path, "held/b"), "kept");
  chmodSync(join(path, "held"), 0o555);
  expect(() => store.sweep(nothing)).toThrow(storage);
  expect(readdirSync(store.stateFolderOf("hello"))).toEqual([]);
  chmodSync(join(`${path}.gone`, "held"), 0o755);
  store.sweep({ ...nothing, names: new Set(["hello"]) });
  expect(readdirSync(join(folder, "state"))).toEqual(["hello"]);
});

// A disk that lets go of some files and not of others. To root every folder is writable: it is somebody else meanwhile.
import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeSourceArguments } from "../../../../../scripts/repository.ts";
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

/** Puts a folder of somebody else's there, as only root can: the disk does not let go of it. */
const holdBack = (path: string): void => {
  process.seteuid?.(0);
  mkdirSync(path);
  writeFileSync(join(path, "b"), "kept");
  process.seteuid?.(NOBODY);
};
/** What of a folder is half removed comes into the hands of its owner. */
const letGo = (of: string): void => {
  process.seteuid?.(0);
  for (const name of readdirSync(of, { recursive: true, encoding: "utf8" }))
    if (name.includes(".gone")) chownSync(join(of, name), NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
};

describe.runIf(isRoot)("what the disk lets go of by half", () => {
  it("is no version any more, and comes whole again, twice in a row", async () => {
    const { store, bring, filesOf } = openWith();
    const { version } = one.value;
    await bring(two);
    for (const round of [1, 2]) {
      await bring(one);
      expect(filesOf(one), `${round}`).toEqual(["1", "2", "3"]);
      holdBack(join(store.folderOf(version), "theirs"));
      expect(() => store.sweep(nothing)).toThrow(storage);
      // What stays keeps nothing else from going.
      expect([store.has(version), store.has(two.value.version)]).toEqual([false, false]);
    }
    await bring(one);
    letGo(join(folder, "versions"));
    store.sweep({ ...nothing, versions: new Set([version]) });
    expect(filesOf(one)).toEqual(["1", "2", "3"]);
    expect(readdirSync(join(folder, "versions"))).toEqual([version]);
  });
  it("is nothing that a plugin keeps: each next one of its name begins with nothing", () => {
    const { store } = openWith();
    for (const round of [1, 2, 3]) {
      const path = store.stateFolderOf("hello");
      expect(readdirSync(path), `${round}`).toEqual([]);
      for (const name of ["a", "z"]) writeFileSync(join(path, name), "kept");
      holdBack(join(path, "theirs"));
      expect(() => store.sweep(nothing)).toThrow(storage);
    }
    store.stateFolderOf("hello");
    letGo(join(folder, "state"));
    store.sweep({ ...nothing, names: new Set(["hello"]) });
    expect(readdirSync(join(folder, "state"))).toEqual(["hello"]);
  });
});

describe("what a plugin left goes", () => {
  it("also out of folders that it closed, with names that are no text, and by links to nowhere else", () => {
    const { store } = openWith();
    const path = store.stateFolderOf("hello");
    const outside = mkdtempSync(join(tmpdir(), "s4t-outside-"));
    writeFileSync(join(outside, "theirs"), "kept");
    mkdirSync(join(path, "closed/inner"), { recursive: true });
    writeFileSync(join(path, "closed/inner/a"), "1");
    writeFileSync(Buffer.concat([Buffer.from(`${path}/closed/`), Buffer.from([0xff, 0xfe])]), "1");
    symlinkSync(outside, join(path, "closed/link"));
    chmodSync(join(path, "closed/inner"), 0o555);
    chmodSync(join(path, "closed"), 0);
    chmodSync(path, 0o555);
    store.sweep(nothing);
    expect(readdirSync(join(folder, "state"))).toEqual([]);
    expect(readdirSync(outside)).toEqual(["theirs"]);
    rmSync(outside, { recursive: true });
  });
  it("also where it is deeper than paths may be long and files may be open", async () => {
    const { store } = openWith();
    const path = store.stateFolderOf("hello");
    const [made, around] = [join(folder, "made"), join(folder, "around")];
    mkdirSync(made);
    for (let depth = 0; depth < 2_200; depth += 1) {
      mkdirSync(around);
      renameSync(made, join(around, "a"));
      renameSync(around, made);
    }
    renameSync(made, join(path, "deep"));
    // With as few handles as a small board may have.
    const sweeping = `import { openPluginStore } from ${JSON.stringify(new URL("./plugin-store.ts", import.meta.url))};
      openPluginStore(process.argv[1]).sweep({ versions: new Set(), blobs: new Set(), names: new Set() });`;
    const node = `ulimit -n 256 && exec "$0" "$@"`;
    const args = [...nodeSourceArguments, "--input-type=module", "--eval", sweeping, folder];
    await promisify(execFile)("sh", ["-c", node, process.execPath, ...args]);
    expect(readdirSync(join(folder, "state"))).toEqual([]);
  });
});

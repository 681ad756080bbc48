import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isS4tError } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileAccess } from "./file-access.ts";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "s4t-files-")));
  root = join(base, "root");
  mkdirSync(join(root, "sub"), { recursive: true });
  mkdirSync(join(base, "rooted"));
  writeFileSync(join(base, "secret"), "secret");
  writeFileSync(join(base, "rooted/secret"), "secret");
  writeFileSync(join(root, "hello"), "hello world");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return isS4tError(error) ? error.code : String(error);
  }
};
const listed = async (path: string): Promise<string[]> => {
  const names: string[] = [];
  for await (const { name, type } of openFileAccess([root]).list(path))
    names.push(`${name} ${type}`);
  return names.sort();
};
const put = async (path: string, text: string, mode = 0o640): Promise<void> => {
  const file = await openFileAccess([root]).create(path, { mode, bytes: text.length });
  await file.write(Buffer.from(text));
  await file.commit();
};

describe("files within the folders that the owner allows", () => {
  it("are listed, read from anywhere, and written whole with their mode", async () => {
    symlinkSync("hello", join(root, "link"));
    expect(await listed("")).toEqual(["hello file", "link link", "sub folder"]);
    expect(await listed(join(root, "sub"))).toEqual([]);
    const file = await openFileAccess([root]).open("link");
    expect(file.bytes).toBe(11);
    expect(Buffer.from(await file.read(6, 100)).toString()).toBe("world");
    expect(await file.read(11, 100)).toHaveLength(0);
    await file.close();
    await put("sub/new", "new");
    expect(readFileSync(join(root, "sub/new"), "utf8")).toBe("new");
    expect(statSync(join(root, "sub/new")).mode & 0o777).toBe(0o640);
    await put("sub/new", "newer");
    expect(readFileSync(join(root, "sub/new"), "utf8")).toBe("newer");
    expect(readdirSync(join(root, "sub"))).toEqual(["new"]);
  });

  it.each([
    "../secret",
    "../rooted/secret",
    "sub/../../secret",
    "out",
    "outer/secret",
    "/etc/passwd",
  ])("cannot be left by %s", async (path) => {
    symlinkSync(join(base, "secret"), join(root, "out"));
    symlinkSync(base, join(root, "outer"));
    expect(await codeOf(openFileAccess([root]).open(path))).toBe("file.not-allowed");
    if (path !== "out") expect(await codeOf(put(path, "x"))).toBe("file.not-allowed");
    expect(readFileSync(join(base, "secret"), "utf8")).toBe("secret");
    expect(readFileSync(join(base, "rooted/secret"), "utf8")).toBe("secret");
  });

  it("replaces a link by the file, and never writes through it", async () => {
    symlinkSync(join(base, "secret"), join(root, "out"));
    await put("out", "mine");
    expect(readFileSync(join(base, "secret"), "utf8")).toBe("secret");
    expect(readFileSync(join(root, "out"), "utf8")).toBe("mine");
  });

  it("does not say what is there outside of them", async () => {
    const access = openFileAccess([root]);
    expect(await codeOf(access.open("../nothing-there"))).toBe("file.not-allowed");
    expect(await codeOf(access.open("nothing-there"))).toBe("file.not-found");
    expect(await codeOf(put("nowhere/x", "x"))).toBe("file.not-found");
  });

  it("refuses what is no file", async () => {
    const access = openFileAccess([root]);
    expect(await codeOf(access.open("sub"))).toBe("file.failed");
    expect(await codeOf(put("sub", "x"))).toBe("file.failed");
    expect(await codeOf(put("", "x"))).toBe("file.not-allowed");
    expect(await codeOf(openFileAccess(["/dev"]).open("zero"))).toBe("file.failed");
    expect(await codeOf(access.open("a\0b"))).toBe("file.not-found");
  });

  it("leaves nothing of a file that did not come whole, or does not fit", async () => {
    const access = openFileAccess([root]);
    const file = await access.create("half", { mode: 0o600, bytes: 100 });
    await file.write(Buffer.from("half"));
    await file.discard();
    await file.discard();
    expect(readdirSync(root).sort()).toEqual(["hello", "sub"]);
    expect(await codeOf(access.create("big", { mode: 0o600, bytes: 2 ** 60 }))).toBe("file.failed");
    expect(readdirSync(root).sort()).toEqual(["hello", "sub"]);
  });

  it("is nothing at all where no folder is allowed", async () => {
    const none = openFileAccess([]);
    expect(await codeOf(none.open("/etc/passwd"))).toBe("file.not-allowed");
    expect(() => openFileAccess([join(base, "gone")])).toThrow(/no folder/);
  });
});

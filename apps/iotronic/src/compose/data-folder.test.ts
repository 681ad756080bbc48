import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testFolder } from "../../test/folder.ts";
import { MAX_KNOWN_CLOUDS, openDataFolder, rememberAsCurrent } from "./data-folder.ts";

const folder = () => join(testFolder(), "cloud");
const coded = (code: string) => expect.objectContaining({ code });

describe("openDataFolder", () => {
  it("makes a folder that only its user can read", () => {
    const path = folder();
    openDataFolder(path).release();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });
  it("is taken by one process at a time, and free again after a kill -9", async () => {
    const path = folder();
    const child = spawn(
      process.execPath,
      [
        "--conditions=source",
        "--disable-warning=ExperimentalWarning",
        "-e",
        `import(${JSON.stringify(new URL("./data-folder.ts", import.meta.url).href)}).then((m) => { globalThis.held = m.openDataFolder(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1000); })`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(() => openDataFolder(path)).toThrowError(
      expect.objectContaining({
        code: "data.locked",
        details: expect.objectContaining({ pid: String(child.pid) }),
      }),
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    openDataFolder(path).release();
  });
  it("says which process holds it for as long as it does", () => {
    const path = folder();
    const held = openDataFolder(path);
    expect(readFileSync(join(path, "pid"), "utf8")).toBe(`${process.pid}\n`);
    held.release();
    expect(existsSync(join(path, "pid"))).toBe(false);
  });
  it("refuses a folder of a later release and leaves it as it was", () => {
    const path = folder();
    mkdirSync(path);
    writeFileSync(join(path, "release"), "99.0.0\n");
    expect(() => openDataFolder(path)).toThrowError(coded("data.newer"));
    expect(() => openDataFolder(path)).toThrowError(coded("data.newer"));
  });
  it("says when a file is in the way, or the folder may not be written", () => {
    const file = folder();
    writeFileSync(file, "");
    expect(() => openDataFolder(file)).toThrowError(coded("data.unwritable"));
    expect(() => openDataFolder("/dev/null/s4t")).toThrowError(coded("data.unwritable"));
    // Node's own making of folders never comes back here.
    expect(() => openDataFolder("/proc/s4t/cloud")).toThrowError(coded("data.unwritable"));
    if (process.getuid?.() !== 0) {
      const path = folder();
      mkdirSync(path);
      chmodSync(path, 0o500);
      expect(() => openDataFolder(path)).toThrowError(coded("data.unwritable"));
    }
  });
});

describe("rememberAsCurrent", () => {
  const notes = (home: string) =>
    readFileSync(join(home, ".local/state/s4t/current"), "utf8").trim().split("\n");

  it("puts the newest first, each once, and forgets the oldest", () => {
    const home = folder();
    for (const path of ["/a", "/b", "/a"]) expect(rememberAsCurrent(path, {}, home)).toBe(true);
    expect(notes(home)).toEqual(["/a", "/b"]);
    for (let i = 0; i < MAX_KNOWN_CLOUDS; i += 1) rememberAsCurrent(`/cloud/${i}`, {}, home);
    expect(notes(home)).toHaveLength(MAX_KNOWN_CLOUDS);
    expect(notes(home)[0]).toBe(`/cloud/${MAX_KNOWN_CLOUDS - 1}`);
    expect(notes(home)).not.toContain("/a");
  });
  it("says where there is no home to write in", () => {
    expect(rememberAsCurrent("/a", {}, "/dev/null")).toBe(false);
  });
});

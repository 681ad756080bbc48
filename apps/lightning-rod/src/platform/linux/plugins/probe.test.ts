import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProcessEvents, ProcessWanted } from "../../plugin-processes.ts";
import { findProgram, findPython } from "./probe.ts";
import { openPluginProcesses } from "./processes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s4t-probe-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};
/** A program that says of itself what a Python of this version does. */
const python = (version: string): string =>
  program(version, `printf '%s\\n' "$0" ${version} ${folder}`);

describe("a Python for plugins", () => {
  it.each([
    ["2.7.18", undefined],
    ["3.6.15", undefined],
    ["3.8.20", undefined],
    ["3.9.0", "3.9.0"],
    ["3.14.2", "3.14.2"],
  ])("that is %s: %s", async (version, taken) => {
    expect((await findPython([python(version)], false))?.version).toBe(taken);
  });
  it("is the first that is good: what is too old, broken or silent is passed over", async () => {
    const candidates = [
      python("3.8.20"),
      program("broken", "exit 1"),
      program("silent", "exit 0"),
      program("babble", "echo no python"),
      python("3.12.1"),
      python("3.13.0"),
    ];
    const path = join(folder, "3.12.1");
    expect(await findPython(candidates, false)).toEqual({
      ...{ path, version: "3.12.1", prefix: folder },
    });
    expect(await findPython(candidates.slice(0, 4), false)).toBeUndefined();
    expect(await findPython([], false)).toBeUndefined();
  });
  it("is not there where the machine has none: the board says so, and starts no plugin of that language", async () => {
    const processes = openPluginProcesses({
      ...{ top: folder, folder: join(folder, "hosts") },
      find: (name) => (name === "python3" ? undefined : findProgram(name)),
    });
    await processes.look();
    expect(processes.describe()).toMatchObject({ node: process.versions.node, python: null });
    const wanted = { runtime: "python", needs: { network: true } } as ProcessWanted;
    expect(() => processes.start(wanted, {} as ProcessEvents)).toThrow(
      expect.objectContaining({
        code: "plugin.runtime-missing",
        message: "This board has no Python: install python3, 3.9 or newer.",
      }),
    );
  });
});

// The script `s4t` takes the short way only when nothing changed since the last build: tried in a small tree of its own, whose
// door and bundle say which of them was run.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { root } from "../repository.ts";

const LONG_AGO_S = 1_700_000_000;
let tree: string;

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
};
const age = (path: string, seconds: number): void => utimesSync(join(tree, path), seconds, seconds);

const sources = [
  "packages/kit/src/clock.ts",
  "packages/kit/src",
  "apps/cli/src/main.ts",
  "apps/cli/src",
  "scripts/bootstrap.mjs",
  "scripts",
  "package-lock.json",
];

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "s4t-script-"));
  copyFileSync(join(root, "s4t"), join(tree, "s4t"));
  put("packages/kit/src/clock.ts", "");
  put("apps/cli/src/main.ts", "");
  put("package-lock.json", "");
  put("scripts/bootstrap.mjs", 'console.log("long", ...process.argv.slice(2));');
  put(
    "apps/cli/dist/main.js",
    'console.log("short", ...process.argv.slice(2)); process.exitCode = 66;',
  );
  put(".cache/s4t.ready", `${process.execPath}\n`);
  for (const path of sources) age(path, LONG_AGO_S);
  age(".cache/s4t.ready", LONG_AGO_S + 10);
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

const run = (...args: string[]) => {
  const { stdout, status } = spawnSync("sh", [join(tree, "s4t"), ...args], { encoding: "utf8" });
  return { said: stdout.trim(), status };
};

it("runs the bundle at once when nothing changed, with its arguments and its exit code", () => {
  expect(run("board", "show", "a b")).toEqual({ said: "short board show a b", status: 66 });
});

it.each(sources)("takes the long way when %s is newer than the build", (path) => {
  age(path, LONG_AGO_S + 20);
  expect(run("board", "list").said).toBe("long s4t board list");
});

it.each(["package-lock.json", ".cache/s4t.ready", "apps/cli/dist/main.js"])(
  "takes the long way when %s is not there",
  (path) => {
    rmSync(join(tree, path));
    expect(run("board", "list").said).toBe("long s4t board list");
  },
);

it("takes the long way when the runtime that was there is gone", () => {
  put(".cache/s4t.ready", "/nowhere/node\n");
  age(".cache/s4t.ready", LONG_AGO_S + 10);
  expect(run("board", "list").said).toBe("long s4t board list");
});

it.each(["agent", "up"])("takes the long way for %s, which starts another program", (noun) => {
  expect(run("--json", noun).said).toBe(`long s4t --json ${noun}`);
});

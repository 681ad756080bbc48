// `npm run check` is worth what it finds: each kind of fault is planted into a copy of this tree, and the step that is for it must
// go red and name the place. Before the planting the same step says nothing of it.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nodeSourceArguments, root } from "../repository.ts";

const notCopied = new Set(["node_modules", ".git", ".runtime", "bundles", "compile"]);
let copy = "";

/** Packages of others are shared with the copy; ours point into it. */
const linkModules = (): void => {
  const modules = join(copy, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== "@s4t") symlinkSync(join(root, "node_modules", name), join(modules, name));
  cpSync(join(root, "node_modules/@s4t"), join(modules, "@s4t"), {
    recursive: true,
    verbatimSymlinks: true,
  });
};

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "s4t-planted-"));
  cpSync(root, copy, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true, // what was compiled stays compiled
    filter: (from) => !notCopied.has(basename(from)),
  });
  linkModules();
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const check = (step: string): string => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeSourceArguments, join(copy, "scripts/run.ts"), "check", step],
    { cwd: copy, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
  );
  return stdout + stderr;
};

/** What each step says of the copy as it is. */
const before = new Map<string, string>();
const checkBefore = (step: string): string => {
  const said = before.get(step) ?? check(step);
  before.set(step, said);
  return said;
};

/** Changes one file of the copy and gives back how to undo it. */
const plant = (file: string, change: (text: string) => string): (() => void) => {
  const path = join(copy, file);
  let kept: string | undefined;
  try {
    kept = readFileSync(path, "utf8");
  } catch {
    kept = undefined; // a new file
  }
  const after = change(kept ?? "");
  expect(after).not.toBe(kept);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
  return () => (kept === undefined ? rmSync(path) : writeFileSync(path, kept));
};

const text = (content: string) => () => content;
const replace = (from: string, to: string) => (before: string) => before.replace(from, to);
const longFile = Array.from({ length: 601 }, (_, i) => `export const line${i} = ${i};`).join("\n");

const faults: readonly [
  what: string,
  step: string,
  file: string,
  change: (text: string) => string,
  complaint: RegExp,
][] = [
  [
    "bad format",
    "format",
    "packages/kit/src/planted.ts",
    text("export   const a=1"),
    /planted\.ts/,
  ],
  [
    "a floating any",
    "format",
    "packages/kit/src/planted.ts",
    text("export const planted = (value: any): unknown => value;\n"),
    /planted\.ts[\s\S]*noExplicitAny/,
  ],
  [
    "a plain Error",
    "shape",
    "packages/kit/src/planted.ts",
    text('export const planted = () => new Error("no");\n'),
    /planted\.ts:1: a plain Error/,
  ],
  [
    "a name that says nothing",
    "shape",
    "packages/kit/src/utils.ts",
    text("\n"),
    /utils\.ts: a name/,
  ],
  ["a file too long", "shape", "packages/kit/src/planted.ts", text(longFile), /more than 600/],
  [
    "a test that does not run",
    "shape",
    "packages/kit/src/planted.test.ts",
    text(`it.${"only"}("x", () => {});\n`),
    /planted\.test\.ts:1: a test that does not run/,
  ],
  [
    "a driver without its conformance test",
    "ports",
    "apps/iotronic/src/drivers/database/planted/index.ts",
    text("export {};\n"),
    /drivers\/database\/planted has no conformance test/,
  ],
  [
    "a port without a conformance suite",
    "ports",
    "apps/iotronic/src/ports/planted.ts",
    text("export {};\n"),
    /ports\/planted\.ts has no planted\.conformance\.ts/,
  ],
  [
    "a forbidden import",
    "imports",
    "apps/iotronic/src/modules/boards/planted.ts",
    text('import "../../http/server.ts";\n'),
    /: apps\/iotronic\/src\/modules\/boards\/planted\.ts →/,
  ],
  [
    "a checker that looks away",
    "imports",
    ".dependency-cruiser.cjs",
    replace("options: {", 'options: { includeOnly: "^packages/",'),
    /not looked at: apps\/iotronic\/src\/main\.ts/,
  ],
  [
    "a type error",
    "types",
    "packages/kit/src/planted.ts",
    text("export const planted: number = 'text';\n"),
    /planted\.ts.*TS2322/,
  ],
  [
    "a route that is not classified",
    "types",
    "packages/contract/src/rest/cloud.ts",
    replace('action: "cloud.config"', 'action: "cloud.unclassified"'),
    /policy\.ts.*[\s\S]*cloud\.unclassified/,
  ],
  [
    "a row of the policy that is missing",
    "types",
    "apps/iotronic/src/policy/table/boards.ts",
    replace('  "board.reboot": managing,\n', ""),
    /TS\d+: .*board\.reboot/,
  ],
  [
    "a route that nothing answers",
    "types",
    "apps/iotronic/src/modules/audit/routes.ts",
    replace("    head: () => audit.lastHead(),\n", ""),
    /routes\.ts.*[\s\S]*head/,
  ],
  [
    "a topic of the event socket that is not classified",
    "types",
    "packages/contract/src/events.ts",
    replace(
      "export const topicData = {",
      "export const topicData = {\n  planted: Type.Object({}),",
    ),
    /topics\.test\.ts.*[\s\S]*planted/,
  ],
  [
    "a file that nothing uses",
    "dead",
    "apps/cli/src/planted.ts",
    text("export const planted = 1;\n"),
    /apps\/cli\/src\/planted\.ts/,
  ],
  [
    "a stale document",
    "documents",
    "docs/limits.md",
    (before) => `${before}\nedited by hand\n`,
    /docs\/limits\.md is stale/,
  ],
  [
    "a link that leads nowhere",
    "documents true",
    "docs/guide/boards.md",
    (before) => `${before}\n[planted](planted.md)\n`,
    /docs\/guide\/boards\.md: the link planted\.md leads nowhere/,
  ],
  [
    "an example that does not compile",
    "examples",
    "packages/sdk/README.md",
    replace("client.boards.list", "client.boards.planted"),
    /packages-sdk-README-md[\s\S]*planted/,
  ],
  [
    "a synonym of a word of the glossary",
    "shape",
    "packages/kit/src/planted.ts",
    text("export const deviceId = 1;\n"),
    /planted\.ts:1: a synonym/,
  ],
];

/** Looking at types costs most of a minute: all of its faults, each in a file of its own, are planted at once. */
const together = new Set(["types"]);
const saidTogether = new Map<string, string>();

const checkPlanted = (step: string, planted: readonly (typeof faults)[number][]): string => {
  const undo = planted.map(([, , file, change]) => plant(file, change));
  try {
    return check(step);
  } finally {
    for (const each of undo) each();
  }
};

it.each(faults)("%s is found", (...fault) => {
  const [, step, , , complaint] = fault;
  expect(checkBefore(step)).not.toMatch(complaint);
  const said =
    saidTogether.get(step) ??
    checkPlanted(step, together.has(step) ? faults.filter(([, of]) => of === step) : [fault]);
  if (together.has(step)) saidTogether.set(step, said);
  expect(said).toContain("RED");
  expect(said).toMatch(complaint);
});

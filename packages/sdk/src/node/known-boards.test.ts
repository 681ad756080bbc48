import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownBoardsFile, recogniseBy } from "@s4t/sdk/node";
import { afterEach, beforeEach, expect, it } from "vitest";

const [one, two] = ["1".repeat(64), "2".repeat(64)];
let folder: string;
let file: string;
let met: unknown[][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s4t-known-"));
  file = knownBoardsFile(join(folder, "owner.key"));
  met = [];
});
afterEach(() => rmSync(folder, { recursive: true }));
const recognise = (name: string, key: string) =>
  recogniseBy(file, (...told) => void met.push(told))(name, key);
const changed = expect.objectContaining({ code: "board.key-changed" });

it("a board is believed once, and known by its key from then on", async () => {
  await recognise("lamp", one);
  await recognise("lamp", one);
  expect(met).toEqual([["lamp", one, []]]);
  expect(readFileSync(file, "utf8")).toBe(`lamp ${one}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(recognise("lamp", two)).rejects.toEqual(changed);
  expect(readFileSync(file, "utf8")).toBe(`lamp ${one}\n`);
});

it("another name for a key that is known is told", async () => {
  await recognise("lamp", one);
  await recognise("door", one);
  await recognise("gate", two);
  expect(met.at(1)).toEqual(["door", one, ["lamp"]]);
  expect(met.at(2)).toEqual(["gate", two, []]);
});

it("what its owner wrote there holds, and of two keys for a name neither does", async () => {
  writeFileSync(file, `# read on the board itself\nlamp  ${one}\n\n`);
  await recognise("lamp", one);
  expect(met).toEqual([]);
  writeFileSync(file, `lamp ${one}\nlamp ${two}\n`);
  await expect(recognise("lamp", one)).rejects.toEqual(changed);
});

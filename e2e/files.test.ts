// Files of a board by the command line: 50 MB up and down with equal hashes, nothing outside of the folders that its owner allows.
import { randomFillSync } from "node:crypto";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "@s4t/kit/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./reach.ts";

/** Size of the file that goes up and down. */
const largeBytes = 50_000_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

it("go up whole and come down whole", async () => {
  const bytes = randomFillSync(Buffer.allocUnsafe(largeBytes));
  const sha256 = sha256Hex(bytes);
  const local = join(stage.folder, "large");
  writeFileSync(local, bytes, { mode: 0o640 });
  const up = await stage.s4t(`file put lamp ${local} --json`);
  expect([up.code, up.err]).toEqual([0, ""]);
  expect(JSON.parse(up.out)).toMatchObject({ bytes: largeBytes, sha256 });
  expect(sha256Hex(readFileSync(join(stage.files, "large")))).toBe(sha256);
  expect(statSync(join(stage.files, "large")).mode & 0o777).toBe(0o640);
  const back = join(stage.folder, "back");
  const down = await stage.s4t(`file get lamp large ${back} --json`);
  expect([down.code, down.err]).toEqual([0, ""]);
  expect(sha256Hex(readFileSync(back))).toBe(sha256);
  const list = JSON.parse((await stage.s4t("file list lamp --json")).out);
  expect(list).toMatchObject([{ name: "large", type: "file", bytes: largeBytes }]);
}, 120_000);

it("are nowhere but in the folders that the board's owner allows", async () => {
  symlinkSync("/etc", join(stage.files, "etc"));
  for (const path of ["/etc/passwd", "etc/passwd", "../lamp/board.key"]) {
    const local = join(stage.folder, "stolen");
    const { code, err } = await stage.s4t(`file get lamp ${path} ${local}`);
    expect([path, code]).toEqual([path, 77]);
    expect(err).toContain("file.not-allowed");
    expect(readdirSync(stage.folder).filter((name) => name.startsWith("stolen"))).toEqual([]);
  }
  expect((await stage.s4t("file get lamp nothing")).err).toContain("file.not-found");
}, 60_000);

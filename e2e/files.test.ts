// Files of a board by the command line: 50 MB up and down with equal hashes, nothing outside of the folders that its owner allows.
import { randomFillSync } from "node:crypto";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { systemClock } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { createClient } from "@s4t/sdk";
import { downloadFile, nodeDialWay, uploadFile } from "@s4t/sdk/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTerminals } from "../apps/lightning-rod/src/platform/linux/terminal.ts";
import { ownUser } from "../apps/lightning-rod/src/platform/linux/users.ts";
import { root } from "../scripts/repository.ts";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

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

it("tell how far they are: a program by onProgress, a person in their terminal", async () => {
  const local = join(stage.folder, "large");
  const client = createClient({ url: stage.cloud.url, auth: await stage.cloud.signIn() });
  const dial = nodeDialWay({ url: stage.cloud.url });
  for (const work of [uploadFile, downloadFile]) {
    const told: [number, number][] = [];
    const onProgress = (done: number, total: number) => void told.push([done, total]);
    await work(client, { board: "lamp", dial, path: "again", local, onProgress });
    expect([told[0], told.at(-1)]).toEqual([
      [0, largeBytes],
      [largeBytes, largeBytes],
    ]);
    expect(told.length).toBeGreaterThan(100);
    expect(told.every(([done], i) => i === 0 || done > (told[i - 1]?.[0] ?? 0))).toBe(true);
  }
  let said = "";
  const terminal = openTerminals(
    { ...ownUser(), shell: "/bin/sh", home: "/tmp" },
    systemClock,
  ).open(
    { cols: 120, rows: 30, term: "xterm" },
    {
      onData: (bytes) => {
        said += Buffer.from(bytes).toString("latin1");
      },
      onDrain: () => {},
      onExit: () => {},
    },
  );
  try {
    const env = `HOME=${stage.folder} S4T_DATA=${join(stage.folder, "cloud")} PATH=${process.env.PATH}`;
    for (const line of [`put lamp ${local} third`, `get lamp third ${local}`]) {
      said = "";
      terminal.write(Buffer.from(`cd ${root}; ${env} ./s4t file ${line}; echo over-$((40 + 2))\n`));
      await until(
        () => said,
        (text) => text.includes("over-42"),
        60_000,
      );
      const shares = [...said.matchAll(/(\d+) % {2}[\d.]+ (?:B|MiB) of 47\.7 MiB/g)];
      const numbers = shares.map(([, share]) => Number(share));
      expect([line, numbers.at(0), numbers.at(-1)]).toEqual([line, 0, 100]);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(stripVTControlCharacters(said)).toMatch(/sha256\s+[0-9a-f]{64}/);
    }
  } finally {
    terminal.hangUp();
  }
}, 180_000);

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

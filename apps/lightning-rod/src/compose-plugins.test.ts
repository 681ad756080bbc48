// When the agent finds out what holds plugins: never before it has joined, and not for ever after where there is no cloud.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardInfo, ReportRow } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestLink, type TestLink } from "../test/cloud.ts";
import { openTestRunner } from "../test/plugin.ts";
import { composeAgent, createSimulated } from "./compose.ts";
import type { Runner } from "./features/plugins/runner.ts";
import { createGate } from "./features/plugins/runtime/gate.ts";
import { openKey, writeIdentity } from "./identity.ts";
import { openPluginStore } from "./platform/linux/plugin-store.ts";
import { openMemory } from "./storage.ts";

const board = "0192f0a0-0000-7000-8000-000000000001";
let folder: string;
let cloud: TestLink;
let life: AbortController;
let living: Promise<void> | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "s4t-look-"));
  cloud = await openTestLink(board);
  life = new AbortController();
});
afterEach(async () => {
  life.abort();
  await living;
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A runner that knows once the gate is open. */
const openLateRunner = () => {
  const inner = openTestRunner(() => "?");
  const gate = createGate();
  const asked: number[] = [];
  let isKnown = false;
  const known = gate.passed.then(() => {
    isKnown = true;
  });
  const runner: Runner = {
    open: (plugin) => inner.open(plugin),
    describe: () => (isKnown ? inner.describe() : undefined),
    ready: () => known,
    look() {
      asked.push(cloud.joined.length);
      return known;
    },
  };
  return { runner, gate, asked };
};

const run = (runner: Runner, url: string): void => {
  const storage = openMemory();
  openKey(storage);
  writeIdentity(storage, { url, ca: null, board, name: "lamp" });
  const platform = createSimulated({
    ...{ name: "lamp", clock: systemClock, bootId: "boot", onReboot: () => {} },
    ...{ random: () => 0.5, drift: () => 0.5 },
  });
  const agent = composeAgent(
    { enrolment: null, url: null, rebootCommand: null, simulated: true },
    {
      ...{ platform, clock: systemClock, log: silentLog, random: () => 0.4, storage },
      ...{ restart: () => {}, setLogLevel: () => {}, access: null },
      plugins: { store: openPluginStore(folder), runner, atPoint: () => {} },
    },
  );
  living = agent.run(life.signal);
};
const infos = (): BoardInfo[] =>
  cloud.reports
    .flatMap(({ rows }) => rows as ReportRow[])
    .flatMap((row) => (row.kind === "info" ? [row.info] : []));

it("a board joins, says what it is without its plugins, and says it again once it knows what holds them", async () => {
  const { runner, gate, asked } = openLateRunner();
  run(runner, cloud.url);
  await expect.poll(infos).toHaveLength(1);
  expect([asked, infos()[0]?.plugins]).toEqual([[1], undefined]);
  gate.open();
  await expect.poll(infos).toHaveLength(2);
  expect(infos()[1]?.plugins?.isolation.level).toBe("none");
});

it("without a cloud it looks by itself, for plugins that start with the board", async () => {
  const { runner, gate, asked } = openLateRunner();
  run(runner, "http://127.0.0.1:1");
  expect(asked).toEqual([]);
  await expect.poll(() => asked, { timeout: 5_000 }).toEqual([0]);
  gate.open();
});

// Measured values into the embedded driver: 1,000 boards of 10 series, each board's ten values of a minute an append of their
// own, acknowledged when durable. Beside it what one would write first: a table, and a transaction a value. The driver alone:
// the reports' way to it (deduplication, cursor) is in the second figure.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { sqliteObservations } from "../apps/iotronic/src/drivers/observations/sqlite/index.ts";
import type { BoardId, ProjectId } from "../packages/contract/src/index.ts";
import { silentLog, systemClock } from "../packages/kit/src/index.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { interleave, median, quantile } from "./harness/rounds.ts";
import { openReportingBoards } from "./ingest/reports.ts";

/** Boards times series: the 10,000 series of the promise. */
const BOARDS = 1_000;
const SERIES_A_BOARD = 10;
/** Boards that report at the same time. */
const IN_FLIGHT = 200;
/** Minutes that one round sends: 10,000 points each. */
const MINUTES_A_ROUND = 12;
/** Values of a round of the naive table: each waits for the disk. */
const NAIVE_VALUES = 1_000;
/** Questions of each kind. */
const QUESTIONS = 50;

const project = "bench" as ProjectId;
const boards = Array.from({ length: BOARDS }, (_, i) => `board-${i}` as BoardId);
const names = Array.from({ length: SERIES_A_BOARD }, (_, i) => `sensor.${i}`);
const described = Object.fromEntries(names.map((name) => [name, { unit: "1", periodS: 60 }]));
const minuteMs = 60_000;
const dayMs = 86_400_000;

const naiveTable = (folder: string) => {
  const database = new DatabaseSync(join(folder, "naive.sqlite"));
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE points (board TEXT, series TEXT, at INTEGER, value REAL, PRIMARY KEY (board, series, at))",
  );
  const insert = database.prepare("INSERT INTO points VALUES (?, ?, ?, ?)");
  let at = 0;
  return {
    /** Values a second. */
    async round(): Promise<number> {
      const startedMs = performance.now();
      at += 1;
      for (let i = 0; i < NAIVE_VALUES; i += 1)
        insert.run(boards[i % BOARDS] ?? "", names[0] ?? "", at * dayMs + i, Math.random());
      return (NAIVE_VALUES * 1_000) / (performance.now() - startedMs);
    },
    close: () => database.close(),
  };
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("ingest", print);
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-"));
  const driver = sqliteObservations({
    folder: join(folder, "observations"),
    clock: systemClock,
    log: silentLog,
  });
  await driver.start?.();
  const naive = naiveTable(folder);
  let heldMs = 0;
  const startMs = Math.floor(systemClock.now() / dayMs) * dayMs - dayMs / 2;
  let minute = 0;

  const ingest = async (): Promise<number> => {
    // A new one each time: one that was stopped counts the pause as a delay.
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedMs = performance.now();
    for (let i = 0; i < MINUTES_A_ROUND; i += 1, minute += 1) {
      const atMs = startMs + minute * minuteMs;
      for (let from = 0; from < BOARDS; from += IN_FLIGHT)
        await Promise.all(
          boards.slice(from, from + IN_FLIGHT).map((board) =>
            driver.append(
              project,
              board,
              names.map((series) => ({ series, atMs, value: Math.random() })),
            ),
          ),
        );
    }
    const tookMs = performance.now() - startedMs;
    delay.disable();
    heldMs = Math.max(heldMs, delay.max / 1e6);
    return (MINUTES_A_ROUND * BOARDS * SERIES_A_BOARD * 1_000) / tookMs;
  };
  const ask = async (work: () => Promise<unknown>): Promise<number> => {
    const tookMs: number[] = [];
    for (let i = 0; i < QUESTIONS; i += 1) {
      const startedMs = performance.now();
      await work();
      tookMs.push(performance.now() - startedMs);
    }
    return quantile(tookMs, 0.5);
  };
  const reporting = await openReportingBoards(folder, driver, {
    boards: BOARDS,
    series: names,
  });
  /** Values a second when every board sends so many minutes at once. */
  const report = (rows: number, times: number) => async (): Promise<number> => {
    const startedMs = performance.now();
    for (let i = 0; i < times; i += 1) await reporting.send(rows);
    return (times * rows * BOARDS * SERIES_A_BOARD * 1_000) / (performance.now() - startedMs);
  };
  try {
    for (const board of boards) await driver.describe(project, board, described);
    await ingest();
    await reporting.send(1);
    const samples = await interleave({
      ours: ingest,
      minute: report(1, 6),
      backlog: report(12, 1),
      naive: naive.round,
    });
    const peer = { name: "one transaction a value", value: median(samples.naive) };
    for (const [what, values] of [
      ["reports of a minute", samples.minute],
      ["reports of 12 minutes", samples.backlog],
    ] as const)
      figure({
        case: `through the cloud, ${what}, ${BOARDS} boards of ${SERIES_A_BOARD}`,
        metric: "durable values",
        value: median(values),
        unit: "1/s",
        peer,
      });
    const name = `driver alone, ${BOARDS * SERIES_A_BOARD} series`;
    figure({
      case: name,
      metric: "durable values",
      value: median(samples.ours),
      unit: "1/s",
      peer,
    });
    figure({ case: name, metric: "event loop held, longest", value: heldMs, unit: "ms" });
    const board = "asked" as BoardId;
    await driver.describe(project, board, described);
    const now = systemClock.now();
    for (let day = 30; day > 0; day -= 1)
      await driver.append(
        project,
        board,
        Array.from({ length: 1_440 }, (_, i) => ({
          series: "sensor.0",
          atMs: now - day * dayMs + i * minuteMs,
          value: i,
        })),
      );
    const range = (days: number, points: number) => () =>
      driver.range(project, board, {
        series: "sensor.0",
        fromMs: now - days * dayMs,
        toMs: now,
        points,
      });
    const p50 = { metric: "p50", unit: "ms" } as const;
    figure({ case: "24 h, every value", ...p50, value: await ask(range(1, 1_500)) });
    figure({ case: "30 days out of raw values", ...p50, value: await ask(range(30, 500)) });
    await driver.prune(now);
    figure({ case: "30 days out of roll-ups", ...p50, value: await ask(range(30, 500)) });
    figure({
      case: "latest of all series of a board",
      ...p50,
      value: await ask(() => driver.series(project, board)),
    });
  } finally {
    await reporting.close();
    await driver.stop?.();
    naive.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

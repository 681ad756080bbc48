// Durable requests of 64 clients: each flushing and thread choice in a process of its own, on the machine's disk and on one whose
// flush takes 50 ms.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabaseForTest } from "../../apps/iotronic/test/postgres.ts";
import { startPostgres } from "../../scripts/real/postgres.ts";
import { nodeSourceArguments, root, runProgram } from "../../scripts/repository.ts";
import type { figuresOf } from "../harness/figures.ts";
import { interleave, median } from "../harness/rounds.ts";
import type { Outcome } from "./clients.ts";
import type { Flushing, Request } from "./stack.ts";

const CLIENTS = 64;
const SECONDS = 2;
/** How long a flush of the slow disk takes. */
export const SLOW_FLUSH_MS = 50;
/** Rounds on the slow disk: its figures are the disk's, and stand still. */
const SLOW_ROUNDS = 3;

type Figures = ReturnType<typeof figuresOf>;

interface Choice {
  readonly flushing: Flushing;
  readonly thread?: "main" | "worker";
  readonly kind?: Request;
  readonly shim?: string;
}

const measure = async ({ flushing, thread = "main", kind = "entry", shim }: Choice) => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-store-"));
  try {
    const { code, output } = await runProgram(
      process.execPath,
      [
        ...nodeSourceArguments,
        join(root, "bench/peers/store-writer.ts"),
        ...[folder, flushing, kind, thread, String(CLIENTS), String(SECONDS)],
      ],
      {
        output: "quiet",
        env: {
          ...process.env,
          ...(shim ? { LD_PRELOAD: shim, SLOW_FLUSH_MS: String(SLOW_FLUSH_MS) } : {}),
        },
      },
    );
    const line = output.split("\n").findLast((text) => text.startsWith("{"));
    if (code !== 0 || line === undefined) throw new TypeError(`the writer failed: ${output}`);
    return JSON.parse(line) as Outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Each round on a database of its own, whose owner is no superuser: row-level security is part of what a write costs there. */
const measureOnPostgres = async (server: string): Promise<Outcome> => {
  process.env.TEST_POSTGRES = server;
  const { url, drop } = await createDatabaseForTest();
  try {
    return await measure({ flushing: url as Flushing });
  } finally {
    await drop();
  }
};

/** The preloaded library; undefined where there is no C compiler. */
const buildShim = async (folder: string): Promise<string | undefined> => {
  const out = join(folder, "slow-disk.so");
  const source = join(root, "bench/store/slow-disk.c");
  const built = await runProgram("gcc", ["-shared", "-fPIC", "-o", out, source, "-ldl"], {
    output: "quiet",
  }).catch(() => ({ code: 1 }));
  return built.code === 0 ? out : undefined;
};

const show = (
  figure: Figures,
  name: string,
  outcomes: readonly Outcome[],
  peer?: readonly Outcome[],
  peerName = "flushed in the loop",
) => {
  const of = (from: readonly Outcome[], member: keyof Outcome) =>
    median(from.map((outcome) => outcome[member]));
  for (const [metric, member, unit] of [
    ["durable requests per second", "perSecond", "1/s"],
    ["CPU of a request", "cpuMicroseconds", "µs CPU"],
    ["p50", "p50Ms", "ms"],
    ["p99", "p99Ms", "ms"],
    ["event-loop delay p99", "loopDelayP99Ms", "ms"],
    ["event-loop delay max", "loopDelayMaxMs", "ms"],
  ] as const)
    figure({
      case: name,
      metric,
      value: of(outcomes, member),
      unit,
      ...(peer ? { peer: { name: peerName, value: of(peer, member) } } : {}),
    });
};

/** Measures and prints all of it; says on standard error what this machine lacks for a part. */
export const measureWrites = async (figure: Figures): Promise<void> => {
  const say = (line: string) => console.error(line);
  const postgres = await startPostgres(say);
  try {
    const contenders = {
      pool: () => measure({ flushing: "pool" }),
      loop: () => measure({ flushing: "loop" }),
      worker: () => measure({ flushing: "loop", thread: "worker" }),
      verb: () => measure({ flushing: "pool", kind: "verb" }),
      ...(postgres
        ? {
            postgres: () => measureOnPostgres(postgres.url),
          }
        : {}),
    };
    const fast = await interleave<string, Outcome>(contenders);
    const of = (name: string) => fast[name] ?? [];
    show(
      figure,
      "row and audit entry, SQLite, flushed in the pool (default)",
      of("pool"),
      of("loop"),
    );
    show(figure, "row and audit entry, SQLite, flushed in the loop", of("loop"));
    show(figure, "row and audit entry, SQLite in a worker", of("worker"), of("loop"));
    show(figure, "a board changed by its verb, SQLite (default)", of("verb"));
    if (postgres)
      show(
        figure,
        "row and audit entry, PostgreSQL",
        of("postgres"),
        of("pool"),
        "SQLite (default)",
      );
    else say("No PostgreSQL here: its rows are missing.");
  } finally {
    await postgres?.stop();
  }
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-shim-"));
  try {
    const shim = await buildShim(folder);
    if (shim === undefined) {
      say("No C compiler here: the rows of the slow disk are missing.");
      return;
    }
    const slow = await interleave(
      {
        pool: () => measure({ flushing: "pool", shim }),
        loop: () => measure({ flushing: "loop", shim }),
        worker: () => measure({ flushing: "loop", thread: "worker", shim }),
      },
      SLOW_ROUNDS,
    );
    const disk = `${SLOW_FLUSH_MS} ms disk`;
    show(figure, `${disk}, flushed in the pool (default)`, slow.pool, slow.loop);
    show(figure, `${disk}, flushed in the loop`, slow.loop);
    show(figure, `${disk}, SQLite in a worker`, slow.worker, slow.loop);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// The way that a board's values take through the cloud once they have come in: the batch is compared with what is known, parsed,
// dated, handed to the store of values, and its cursor written; then it is acknowledged.
import { join } from "node:path";
import type { BoardId, ReportBatch } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { noErrands } from "../../apps/iotronic/src/edge/errands.ts";
import { silentMetrics } from "../../apps/iotronic/src/edge/metrics.ts";
import { createLatestValues, createReports } from "../../apps/iotronic/src/modules/boards/index.ts";
import { createTelemetry } from "../../apps/iotronic/src/modules/telemetry/index.ts";
import type { ObservationsDriver } from "../../apps/iotronic/src/ports/observations.ts";
import { openStack, project } from "../store/stack.ts";

export interface ReportingBoards {
  /** Each board sends `rows` minutes of its values as one batch; resolves when all are acknowledged. */
  send(rows: number): Promise<void>;
  close(): Promise<void>;
}

/** As many boards as asked for, all described. */
export const openReportingBoards = async (
  folder: string,
  observations: ObservationsDriver,
  { boards, series }: { readonly boards: number; readonly series: readonly string[] },
): Promise<ReportingBoards> => {
  const stack = await openStack(join(folder, "database"), "pool", "verb", boards);
  const nobody = (): never => {
    throw new TypeError("no board is asked for anything here");
  };
  const { measurements } = createTelemetry({
    observations,
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    link: nobody,
    findBoard: nobody,
  });
  // As in the cloud: written every few seconds, beside the reports.
  const latest = createLatestValues({ ...stack.parts, clock: systemClock, log: silentLog });
  await latest.start?.();
  const reports = createReports({
    ...stack.parts,
    latest,
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    errands: noErrands,
    measurements,
    plugins: { applyState: nobody, publishLines: nobody },
  });
  const known = stack.boards.map((uuid) => ({ uuid: uuid as BoardId, project, name: uuid }));
  let seq = 1;
  const send = async (rowsOf: () => readonly unknown[]): Promise<void> => {
    const first = seq;
    let count = 0;
    await Promise.all(
      known.map((board) => {
        const rows = [...rowsOf()];
        count = rows.length;
        const batch: ReportBatch = {
          bootId: "bench",
          seq: first,
          sentAtMs: systemClock.now(),
          synchronised: true,
          rows,
        };
        return reports.append(board, 0, batch, () => {});
      }),
    );
    seq += count;
  };
  const described = Object.fromEntries(series.map((name) => [name, { unit: "1", periodS: 60 }]));
  await send(() => [{ kind: "series", series: described }]);
  let minute = 0;
  const startMs = systemClock.now() - 12 * 3_600_000;
  return {
    async send(rows) {
      const from = minute;
      minute += rows;
      await send(() =>
        Array.from({ length: rows }, (_, i) => ({
          kind: "points",
          atMs: startMs + (from + i) * 60_000,
          monotonicMs: (from + i) * 60_000,
          values: Object.fromEntries(series.map((name) => [name, Math.random()])),
        })),
      );
    },
    async close() {
      await latest.stop?.();
      await stack.close();
    },
  };
};

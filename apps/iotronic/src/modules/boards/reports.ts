// What boards report: stored once, acknowledged after it is durable, handed on by kind.
import { fail, type ReportBatch, type ReportRow } from "@s4t/contract";
import { type Clock, type Log, sleep } from "@s4t/kit";
import type { Errands } from "../../edge/errands.ts";
import type { KnownBoard, LinkHost } from "../../edge/link.ts";
import type { Metrics } from "../../edge/metrics.ts";
import { createSeldom } from "../../edge/seldom.ts";
import { systemActor, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import type { Operations } from "../operations/index.ts";
import { stateOf, storedInfo } from "./board.ts";
import { type BoardsDependencies, noteChange } from "./change.ts";
import type { LatestValues } from "./latest.ts";
import { reportMetrics } from "./metrics.ts";
import { type NumberedRow, type ParsedRows, parseRows } from "./report-rows.ts";
import { findInfo, findStanding, holdSession } from "./session-store.ts";
import {
  type EntryStateRow,
  findReportPlace,
  listEntryStates,
  setEntryStates,
  setReportCursor,
} from "./state-store.ts";
import { updateBoard } from "./store.ts";

/** A board's clock further ahead than this is not believed: its values are dated by the cloud. */
export const MAX_CLOCK_AHEAD_MS = 60_000;

type Row = ReportRow;
type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

/** A board by the session that reports. */
type Reporting = KnownBoard & { readonly epoch: number };

/**
 * How long a report of values alone waits for others: ten thousand boards at rest send nothing else, and what is stored together shares
 * its commits. Somebody who watches does not wait for them: what is live goes at once.
 */
export const VALUES_GATHER_MS = 100;

const isLasting = (row: unknown): boolean => {
  const { kind, live } = (row ?? {}) as { readonly kind?: unknown; readonly live?: unknown };
  return kind === "points" && live !== true;
};

/** Where measured values go. A store of their own, with a fence of its own: it throws `link.superseded` for a session that is over. */
export interface Measurements {
  describe(board: Reporting, series: RowOf<"series">["series"]): Promise<void>;
  /** `undescribed`: some are of series that nobody knows. */
  append(
    board: Reporting,
    rows: readonly RowOf<"points">[],
  ): Promise<{ readonly undescribed: boolean }>;
  appendDropped(board: Reporting, row: RowOf<"dropped">): Promise<void>;
}

/** Where it goes what boards say of plugins. */
export interface PluginReports {
  /** Within the transaction of the report. */
  applyState(tx: Tx, board: KnownBoard, row: RowOf<"plugin">): Promise<void>;
  /** For those who watch, and nobody else. */
  publishLines(board: KnownBoard, row: RowOf<"lines">): void;
}

export interface Reports {
  readonly append: LinkHost["appendReport"];
}

export interface ReportsDependencies extends Pick<BoardsDependencies, "audit" | "changes"> {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly operations: Operations;
  readonly measurements: Measurements;
  readonly latest: Pick<LatestValues, "note">;
  readonly plugins: PluginReports;
  readonly metrics: Metrics;
  readonly errands: Pick<Errands, "isAwaited" | "targetSettled">;
}

/** Makes the intake. */
export const createReports = (deps: ReportsDependencies): Reports => {
  const { database, clock, log, operations, measurements, latest, plugins, errands } = deps;
  const metrics = reportMetrics(deps.metrics, clock.monotonicMs);
  const isNews = createSeldom(clock.monotonicMs);

  let turn: Promise<void> | undefined;
  /** The next moment at which values are stored, one for all that wait for it. */
  const nextTurn = (): Promise<void> => {
    turn ??= sleep(clock, VALUES_GATHER_MS).then(() => {
      turn = undefined;
    });
    return turn;
  };

  /** Counts what was stored, and says now and then what a board sends in vain. */
  const note = (board: KnownBoard, parsed: ParsedRows): void => {
    metrics.stored(parsed);
    const { mended, refused, because } = parsed;
    if (mended + refused > 0 && isNews(board.uuid))
      log.warn("A board sends rows that cannot be read: they are left out", {
        ...{ board: board.uuid, name: board.name, mended, refused },
        ...(because === undefined ? {} : { because }),
      });
  };

  /** Moments by a clock that may be wrong → ours. */
  const dated = <Row extends { readonly atMs: number }>(batch: ReportBatch, row: Row): Row => {
    const skew = clock.now() - batch.sentAtMs;
    const believable = batch.synchronised || Math.abs(skew) < MAX_CLOCK_AHEAD_MS;
    const atMs = believable ? row.atMs : row.atMs + skew;
    return { ...row, atMs: Math.min(atMs, clock.now()) };
  };

  const applyEntries = async (
    tx: Tx,
    board: KnownBoard,
    { revision, entries: told }: RowOf<"entries">,
  ): Promise<void> => {
    // Of an entry that is told twice the last word counts.
    const entries = [...new Map(told.map((entry) => [entry.key, entry])).values()];
    const scope = within(board.project);
    const before = new Map(
      (await listEntryStates(scope, tx, board.project, board.uuid)).map((row) => [row.key, row]),
    );
    const rows = entries.map(({ key, hash, state, code, sentence }): EntryStateRow => {
      const same = before.get(key);
      const since = same && same.state === state && same.hash === hash ? same.since : clock.now();
      return { key, hash, state, code: code ?? null, sentence: sentence ?? null, since };
    });
    const isNews = await setEntryStates(scope, tx, board.project, board.uuid, before, rows);
    const row = await findStanding(scope, tx, board.uuid);
    if (!row) throw fail("board.not-found");
    const failed = entries.filter(({ state }) => state === "failed").length;
    const settled = entries.every(({ state }) => state !== "waiting");
    if (settled && errands.isAwaited(board.uuid)) {
      const wrong = entries.find(({ state }) => state === "failed");
      const because = wrong && (wrong.code ?? "target.failed");
      tx.afterCommit(() => errands.targetSettled(board.uuid, revision, because));
    }
    const next = {
      ...row,
      failed_entries: failed,
      // Never more than is wanted: after a restored backup a board may speak of revisions that the cloud no longer knows.
      target_reached: settled
        ? Math.min(Math.max(row.target_reached, revision), row.target_wanted)
        : row.target_reached,
    };
    const status = stateOf(next, clock.now());
    // A board that comes back tells what it had told before: nothing of it is written again.
    if (
      !isNews &&
      row.failed_entries === failed &&
      row.target_reached === next.target_reached &&
      row.status === status
    )
      return;
    const since = status === row.status ? row.since : clock.now();
    await updateBoard(scope, tx, board.uuid, {
      failed_entries: failed,
      target_reached: next.target_reached,
      status,
      since,
    });
    await noteChange(deps, tx, {
      actor: systemActor,
      action: null,
      row: next,
      patch: { status, targetReached: next.target_reached, failedEntries: failed },
    });
  };

  const applyInfo = async (tx: Tx, board: KnownBoard, { info }: RowOf<"info">): Promise<void> => {
    const scope = within(board.project);
    const before = await findInfo(scope, tx, board.uuid);
    const text = storedInfo(info, before, clock.now());
    if (before === text) return;
    await updateBoard(scope, tx, board.uuid, { info: text });
    const row = await findStanding(scope, tx, board.uuid);
    if (!row) throw fail("board.not-found");
    await noteChange(deps, tx, { actor: systemActor, action: null, row, patch: { info: true } });
  };

  /** How far this journal is known; undefined where the session is not the board's present one. */
  const placeOf = async (
    reader: Reader,
    board: KnownBoard,
    epoch: number,
    { bootId }: ReportBatch,
  ): Promise<number | undefined> => {
    const scope = within(board.project);
    const found = await findReportPlace(scope, reader, board.project, board.uuid, epoch);
    if (!found) return undefined;
    return found.bootId === bootId ? found.seq : 0;
  };

  /** Values, kept apart from the database: they are idempotent by (series, moment), so a repetition is harmless. */
  const measure = async (
    board: Reporting,
    batch: ReportBatch,
    rows: readonly NumberedRow[],
  ): Promise<{ readonly undescribed: boolean }> => {
    const points: RowOf<"points">[] = [];
    for (const { row } of rows) {
      if (row.kind === "series") await measurements.describe(board, row.series);
      else if (row.kind === "dropped") await measurements.appendDropped(board, row);
      else if (row.kind === "points") points.push(dated(batch, row));
      else if (row.kind === "lines") plugins.publishLines(board, row);
    }
    if (points.length === 0) return { undescribed: false };
    const appended = await measurements.append(board, points);
    latest.note(board, points);
    return appended;
  };

  /** `notOwn`: ids of operations that are none of this board's. */
  const apply = async (
    tx: Tx,
    board: KnownBoard,
    batch: ReportBatch,
    row: Row,
    notOwn: Set<string>,
  ): Promise<void> => {
    if (row.kind === "entries") await applyEntries(tx, board, row);
    else if (row.kind === "info") await applyInfo(tx, board, row);
    else if (row.kind === "plugin") await plugins.applyState(tx, board, dated(batch, row));
    else if (row.kind === "result") {
      const isOwn = await operations.settleReported(tx, board, row.id, {
        state: row.state,
        ...(row.result === undefined ? {} : { result: row.result }),
        ...(row.code === undefined
          ? {}
          : { problem: { code: row.code, sentence: row.sentence ?? "" } }),
      });
      if (!isOwn) notOwn.add(row.id);
    }
  };

  /** The batch is stored by now: what goes wrong here is no reason to have it sent again. */
  const tellRefused = async (
    board: KnownBoard,
    notOwn: ReadonlySet<string>,
    refuse: (what: string) => void,
  ): Promise<void> => {
    if (notOwn.size === 0) return;
    try {
      for (const id of await operations.listOfOthers(board.uuid, [...notOwn]))
        refuse(`report.append result ${id}`);
    } catch (error) {
      log.warn("Results of a board are not looked at: whether they name another's work", {
        ...{ board: board.uuid, error },
      });
    }
  };

  return metrics.timed({
    async append(board, epoch, batch, refuse) {
      const scope = within(board.project);
      if (batch.rows.every(isLasting)) await nextTurn();
      const known = await database.read(scope, (reader) => placeOf(reader, board, epoch, batch));
      if (known === undefined) throw fail("link.superseded");
      const last = batch.seq + batch.rows.length - 1;
      metrics.known(batch, known);
      if (last <= known) return { acked: known };
      const parsed = parseRows(batch, known + 1);
      const { rows } = parsed;
      const { undescribed } = await measure({ ...board, epoch }, batch, rows);
      // All else in one transaction with the session's epoch and the journal's place: what a zombie brings is void as a whole,
      // and the same batch by two ways at once counts once.
      const notOwn = new Set<string>();
      const acked = await database.write(scope, async (tx) => {
        if (!(await holdSession(scope, tx, board.uuid, epoch, clock.now())))
          throw fail("link.superseded");
        const place = (await placeOf(tx, board, epoch, batch)) ?? 0;
        if (last <= place) return place;
        for (const { seq, row } of rows)
          if (seq > place) await apply(tx, board, batch, row, notOwn);
        await setReportCursor(scope, tx, board.project, board.uuid, batch.bootId, last);
        return last;
      });
      note(board, parsed);
      await tellRefused(board, notOwn, refuse);
      return { acked, ...(undescribed ? { describe: true } : {}) };
    },
  });
};

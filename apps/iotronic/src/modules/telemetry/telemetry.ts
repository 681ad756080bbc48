// Measured values: what boards send is stored, what people watch is asked for more often while they watch.
import {
  type BoardId,
  fail,
  LIVE_LEASE_S,
  LIVE_PERIOD_S,
  type ProjectId,
  type QueryOf,
  type Range,
  type rest,
  type Series,
  sensors,
} from "@s4t/contract";
import {
  type Clock,
  createDeadline,
  isS4tError,
  type Log,
  type Part,
  toRfc3339,
  untilAborted,
} from "@s4t/kit";
import type { KnownBoard, Link } from "../../edge/link.ts";
import type { Metrics } from "../../edge/metrics.ts";
import { parseMoment } from "../../edge/page.ts";
import { createSeldom } from "../../edge/seldom.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Scope } from "../../policy/index.ts";
import { type Dropped, isStorable, type ObservationsDriver } from "../../ports/observations.ts";
import { telemetryMetrics } from "./metrics.ts";

/** Points of a range where nobody says otherwise. */
export const DEFAULT_RANGE_POINTS = 500;
/** Longest range of one question. */
export const MAX_RANGE_DAYS = 1_830;
/** How long a board that joins waits for the store of values. */
export const MAX_OPEN_MS = 2_000;
/** Series without a description that one line of the log names. */
const MAX_NAMED_SERIES = 10;

type ReportingSession = KnownBoard & { readonly epoch: number };

interface PointsRow {
  readonly atMs: number;
  readonly values: Readonly<Record<string, number>>;
  readonly live?: boolean;
}

export interface Telemetry extends Part {
  series(scope: Scope, idOrName: string): Promise<{ items: Series[] }>;
  range(
    scope: Scope,
    idOrName: string,
    query: QueryOf<typeof rest.observations.range>,
  ): Promise<Range>;
  readonly topics: readonly AnyTopicSource[];
  /** What the reports' intake hands on, of which session of the board it is. All throw `link.superseded` for one that is over. */
  readonly measurements: {
    /** A session began. Where the store is away that is made up for by what the session stores first. */
    open(board: BoardId, epoch: number): Promise<void>;
    describe(
      board: ReportingSession,
      series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
    ): Promise<void>;
    append(
      board: ReportingSession,
      rows: readonly PointsRow[],
    ): Promise<{ readonly undescribed: boolean }>;
    appendDropped(board: ReportingSession, row: Dropped): Promise<void>;
  };
  /** A board came: whoever watches it wants live values again. */
  renew(board: BoardId): void;
}

export interface TelemetryDependencies {
  readonly observations: ObservationsDriver;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly link: () => Link;
  /** Id and project of a board within a scope. */
  readonly findBoard: (
    scope: Scope,
    idOrName: string,
  ) => Promise<{ readonly uuid: BoardId; readonly project: ProjectId }>;
}

interface Watched {
  readonly pushes: Set<(data: { at: number; values: Record<string, number> }) => void>;
  timer: { cancel(): void } | undefined;
}

/** Makes the module. */
export const createTelemetry = (deps: TelemetryDependencies): Telemetry => {
  const { observations, clock, log, link, findBoard } = deps;
  const watched = new Map<BoardId, Watched>();
  const metrics = telemetryMetrics(deps.metrics, () => watched.size);
  const isNews = createSeldom(clock.monotonicMs);

  const ask = (board: BoardId, leaseS: number): void => {
    const signal = AbortSignal.timeout(sensors.live.timeoutMs);
    link()
      .command(board, sensors.live, { everyS: LIVE_PERIOD_S, leaseS }, { signal })
      .catch((error: unknown) => {
        // A board that is away or cannot is no fault: its page says so already.
        if (!isS4tError(error)) log.warn("Live values could not be asked for", { board, error });
      });
  };

  /** Asks again at half the lease, as long as somebody watches. */
  const keepAsking = (board: BoardId, entry: Watched): void => {
    ask(board, LIVE_LEASE_S);
    entry.timer = clock.after((LIVE_LEASE_S / 2) * 1_000, () => keepAsking(board, entry));
  };

  const watch = (
    board: BoardId,
    push: (data: { at: number; values: Record<string, number> }) => void,
  ): (() => void) => {
    let entry = watched.get(board);
    if (!entry) {
      entry = { pushes: new Set(), timer: undefined };
      watched.set(board, entry);
      keepAsking(board, entry);
    }
    const { pushes } = entry;
    pushes.add(push);
    return () => {
      pushes.delete(push);
      if (pushes.size > 0) return;
      watched.get(board)?.timer?.cancel();
      watched.delete(board);
      ask(board, 0);
    };
  };

  const publish = (board: KnownBoard, rows: readonly PointsRow[]): void => {
    const entry = watched.get(board.uuid);
    if (entry)
      for (const { atMs, values } of rows)
        for (const push of entry.pushes) push({ at: atMs, values });
  };

  /** What cannot be stored is left out and counted: refused, it would come again for ever and hold back all that follows. */
  const store = async (
    board: ReportingSession,
    rows: readonly PointsRow[],
  ): Promise<{ readonly undescribed: boolean }> => {
    const all = rows.flatMap(({ atMs, values, live = false }) =>
      Object.entries(values).map(([series, value]) => ({ series, atMs, value, live })),
    );
    const lasting = all.filter(({ live }) => !live);
    const points = lasting.filter((point) => isStorable(point, clock.now()));
    const from = clock.monotonicMs();
    const { undescribed } =
      points.length === 0
        ? { undescribed: new Set<string>() }
        : await observations.append(board.project, board.uuid, points, board.epoch);
    if (points.length > 0) metrics.appends.observe({}, (clock.monotonicMs() - from) / 1_000);
    const strays =
      undescribed.size === 0 ? 0 : points.filter(({ series }) => undescribed.has(series)).length;
    metrics.points.add({ outcome: "stored" }, points.length - strays);
    metrics.points.add({ outcome: "live" }, all.length - lasting.length);
    metrics.points.add({ outcome: "unstorable" }, lasting.length - points.length);
    metrics.points.add({ outcome: "undescribed" }, strays);
    if (lasting.length - points.length + strays > 0 && isNews(board.uuid))
      log.warn("A board sends values that cannot be stored: they are left out", {
        ...{ board: board.uuid, name: board.name, unstorable: lasting.length - points.length },
        undescribed: [...undescribed].slice(0, MAX_NAMED_SERIES),
      });
    return { undescribed: strays > 0 };
  };

  return {
    name: "telemetry",
    stop() {
      for (const { timer } of watched.values()) timer?.cancel();
      watched.clear();
    },
    async series(scope, idOrName) {
      const { uuid, project } = await findBoard(scope, idOrName);
      const found = await observations.series(project, uuid);
      return {
        items: found.map(({ name, unit, periodS, latest }) => ({
          name,
          unit,
          periodS,
          at: latest && toRfc3339(latest.atMs),
          value: latest?.value ?? null,
        })),
      };
    },
    async range(scope, idOrName, query) {
      const { uuid, project } = await findBoard(scope, idOrName);
      const now = clock.now();
      const fromMs = parseMoment(query.from, now, "query/from");
      const toMs = query.to === undefined ? now + 1 : parseMoment(query.to, now, "query/to");
      if (toMs <= fromMs)
        throw fail("request.invalid", { where: "query/to", because: "must be later than from" });
      if (toMs - fromMs > MAX_RANGE_DAYS * 86_400_000)
        throw fail("request.invalid", {
          where: "query/from",
          because: `reaches back more than ${MAX_RANGE_DAYS} days`,
        });
      const range = await observations.range(project, uuid, {
        series: query.series,
        fromMs,
        toMs,
        points: query.points ?? DEFAULT_RANGE_POINTS,
      });
      const of = (await observations.series(project, uuid)).find(
        ({ name }) => name === query.series,
      );
      return {
        series: query.series,
        unit: of?.unit ?? "1",
        stepS: range.stepMs / 1_000,
        at: [...range.at],
        mean: [...range.mean],
        min: [...range.min],
        max: [...range.max],
        dropped: range.dropped,
        ...(range.damaged.length > 0 ? { damagedDays: [...range.damaged] } : {}),
      };
    },
    topics: [
      topicSource<"series">({
        name: "series",
        action: "observation.read",
        async open({ scope, argument, push }) {
          const { uuid, project } = await findBoard(scope, argument);
          const latest = (await observations.series(project, uuid)).filter(
            (each) => each.latest !== null,
          );
          const values = Object.fromEntries(
            latest.map(({ name, latest: last }) => [name, last?.value ?? 0]),
          );
          const at = Math.max(0, ...latest.map(({ latest: last }) => last?.atMs ?? 0));
          return { kind: "snapshot", data: { at, values }, close: watch(uuid, push) };
        },
        merge: (earlier, later) => ({
          at: later.at,
          values: { ...earlier.values, ...later.values },
        }),
      }),
    ],
    measurements: {
      async open(board, epoch) {
        const patience = createDeadline(clock, MAX_OPEN_MS);
        try {
          await untilAborted(observations.open(board, epoch), patience.signal);
        } catch (error) {
          if (isS4tError(error, "link.superseded")) throw error;
          // Commands and targets need no values: a board is not kept out for want of them, whatever is wrong with their store.
          if (isNews("open"))
            log.warn("Sessions begin while the store of values is away", { error });
        } finally {
          patience[Symbol.dispose]();
        }
      },
      async describe(board, series) {
        try {
          await observations.describe(board.project, board.uuid, series, board.epoch);
        } catch (error) {
          // More series than a board may have: those it has stay, the rest of what it reports is heard.
          if (!isS4tError(error, "request.invalid")) throw error;
          if (isNews(`series of ${board.uuid}`))
            log.warn("A board's series could not be described", {
              ...{ board: board.uuid, name: board.name, because: error.message },
            });
        }
      },
      async append(board, rows) {
        publish(board, rows);
        return store(board, rows);
      },
      appendDropped: (board, row) =>
        observations.appendDropped(board.project, board.uuid, row, board.epoch),
    },
    renew(board) {
      if (watched.has(board)) ask(board, LIVE_LEASE_S);
    },
  };
};

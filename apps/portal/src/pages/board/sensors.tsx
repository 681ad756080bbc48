// What a board measures: the value now, its age, and its course. While the page is open the board reports every few seconds.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { useNow } from "../../live/clock.ts";
import { type Board, LIVE_PERIOD_S, type Series } from "../../live/contract.ts";
import { useCutSince, useTopic } from "../../live/events.ts";
import { liveValues, noteValues, tailOf, useLiveTail } from "../../live/series.ts";
import { freshnessOf } from "../../live/stale.ts";
import { useLive } from "../../live/store.ts";
import { formatClock, formatSpan, formatValue, RATIO, toMs } from "../../text/format.ts";
import { textOr, useText } from "../../text/text.ts";
import { Card } from "../../ui/card.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Plot } from "../../ui/plot.tsx";
import { Segments } from "../../ui/segments.tsx";
import { merged } from "./plot-data.ts";
import { useRange, useSeries } from "./queries.ts";
import css from "./sensors.module.css";

const printTime = (ms: number) => new Date(ms).toISOString();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ranges = {
  "-10m": 10 * MINUTE_MS,
  "-1h": HOUR_MS,
  "-24h": 24 * HOUR_MS,
  "-7d": 168 * HOUR_MS,
  "-30d": 720 * HOUR_MS,
} as const;
type RangeKey = keyof typeof ranges;
/** Values come every few seconds while somebody looks: a stretch in which one sees them move. */
const FIRST_RANGE: RangeKey = "-10m";
/** One point for each two pixels of a small plot; a wide one asks for more. */
const SMALL_POINTS = 180;
const WIDE_POINTS = 900;

const useRangeKey = (): RangeKey => {
  const { from } = useSearch({ from: "/$project/boards/$board" });
  return from !== undefined && from in ranges ? (from as RangeKey) : FIRST_RANGE;
};

const RangeChoice = () => {
  const t = useText();
  const navigate = useNavigate();
  const chosen = useRangeKey();
  return (
    <Segments
      label={t("sensors.range")}
      value={chosen}
      options={(Object.keys(ranges) as RangeKey[]).map((key) => ({
        value: key,
        label: t(`sensors.range.${key}`),
      }))}
      onChange={(key) =>
        void navigate({
          to: ".",
          search: (previous) => ({ ...previous, from: key === FIRST_RANGE ? undefined : key }),
        })
      }
    />
  );
};

/** What tells most about a machine, first; a small grid shows only these and temperatures. */
const telling = [
  "cpu.load1",
  "cpu.utilisation",
  "memory.used",
  "disk.used",
  "network.rx",
  "network.tx",
];
const isTelling = ({ name }: Series) => telling.includes(name) || name.startsWith("temperature.");
/** Tiles of the overview. */
const MAX_TILES = 6;

/** The telling ones for the overview; all of them where none is known. */
const chosenOf = (series: readonly Series[]): readonly Series[] => {
  const rank = ({ name }: Series) =>
    (telling.indexOf(name) + telling.length + 1) % (telling.length + 1);
  const known = series.filter(isTelling).sort((a, b) => rank(a) - rank(b));
  return (known.length > 0 ? known : series).slice(0, MAX_TILES);
};

/** Shares of a whole are shown in percent; the board calls their unit 1, as it does for plain counts. */
const unitOf = ({ name, unit }: Series): string => (name.endsWith(".utilisation") ? RATIO : unit);

const nameOf = (name: string): string => textOr(`series.${name}`, name);

const useMeasured = (board: Board, series: Series) => {
  const cutSince = useCutSince();
  const now = useNow();
  const live = useLive(liveValues, `${board.uuid}/${series.name}`);
  const readAt = toMs(series.at);
  const newer = live && (readAt === null || live.at > readAt) ? live : undefined;
  const at = newer?.at ?? readAt;
  const value = newer?.value ?? series.value;
  const freshness =
    at === null
      ? "stale"
      : freshnessOf({
          ageMs: now - at,
          periodMs: (newer ? LIVE_PERIOD_S : series.periodS) * 1_000,
          boardConnected: board.connectivity.connected,
          cut: cutSince !== null,
        });
  return { now, at, value, freshness };
};

const AgeMark = ({ at, now }: { readonly at: number; readonly now: number }) => {
  const t = useText();
  return (
    <span className={css.old}>
      <Glyph shape="clock" tone="calm" size={13} />
      {now - at < HOUR_MS ? t("sensors.old", { span: formatSpan(now - at) }) : formatClock(at, now)}
    </span>
  );
};

const SensorTile = ({
  board,
  series,
  wide = false,
}: {
  readonly board: Board;
  readonly series: Series;
  readonly wide?: boolean;
}) => {
  const t = useText();
  const shownUnit = unitOf(series);
  const range = useRangeKey();
  const span = ranges[range];
  const { now, at, value, freshness } = useMeasured(board, series);
  const leftAt = board.connectivity.connected ? null : at;
  const stored = useRange(
    board.uuid,
    series.name,
    leftAt === null
      ? { from: range }
      : { from: printTime(leftAt - span), to: printTime(leftAt + 1) },
    wide ? WIDE_POINTS : SMALL_POINTS,
  );
  const tail = useLiveTail(board.uuid, series.name);
  // The right edge moves by whole pixels only, so that a plot is not drawn again for nothing.
  const pixelMs = span / (wide ? WIDE_POINTS : SMALL_POINTS);
  // Of a board that is gone, the last stretch before it left is shown.
  const end = board.connectivity.connected ? now : (at ?? now);
  const to = Math.ceil(end / pixelMs) * pixelMs;
  const from = to - span;
  const data = useMemo(
    () => merged(stored.data, tail, { from, periodMs: series.periodS * 1_000 }),
    [stored.data, tail, from, series.periodS],
  );
  const stale = freshness !== "fresh";
  const [number, unit] = value === null ? ["–", ""] : formatValue(value, shownUnit);
  const known = data.mean.filter((each) => each !== null);
  const bounds =
    known.length > 0
      ? t("sensors.bounds", {
          low: formatValue(Math.min(...known), shownUnit).join(" "),
          high: formatValue(Math.max(...known), shownUnit).join(" "),
        })
      : t("sensors.no-values");
  const title = nameOf(series.name);
  return (
    <div className={css.tile} data-stale={stale || undefined} data-wide={wide || undefined}>
      <div className={css.top}>
        <h3 title={series.name}>{title}</h3>
        {stale && at !== null ? (
          <AgeMark at={at} now={now} />
        ) : (
          <span className={css.bounds}>{bounds}</span>
        )}
      </div>
      <p className={css.value}>
        {number}
        <small> {unit}</small>
      </p>
      <Plot
        data={data}
        unit={shownUnit}
        from={from}
        to={to}
        stale={stale}
        height={wide ? 180 : 58}
        axes={wide}
        sync={`sensors-${board.uuid}`}
        summary={`${title}: ${number} ${unit}. ${t(`sensors.range.${range}`)}: ${bounds}`}
      />
      {stored.data !== undefined && stored.data.dropped > 0 && (
        <p className={css.dropped}>{t("sensors.dropped", { count: stored.data.dropped })}</p>
      )}
    </div>
  );
};

/** Asks for live values while it is on the page. */
const useWatch = (board: Board) => {
  const { project } = useParams({ from: "/$project/boards/$board" });
  const uuid = useRef(board.uuid);
  uuid.current = board.uuid;
  useTopic(`series:${board.uuid}`, project, ({ at, values }) =>
    noteValues(uuid.current, at, values),
  );
  useEffect(() => () => tailOf(uuid.current).clear(), []);
};

const SeriesList = ({ board, wide }: { readonly board: Board; readonly wide: boolean }) => {
  const t = useText();
  const series = useSeries(board.uuid);
  if (series.isError) return <Failure error={series.error} onRetry={() => void series.refetch()} />;
  if (!series.data) return <Loading rows={4} />;
  if (series.data.items.length === 0)
    return (
      <EmptyState title={t("sensors.empty")} icon="signal">
        {t("sensors.empty-more")}
      </EmptyState>
    );
  return (
    <div className={wide ? css.list : css.grid}>
      {(wide ? series.data.items : chosenOf(series.data.items)).map((each) => (
        <SensorTile key={each.name} board={board} series={each} wide={wide} />
      ))}
    </div>
  );
};

export const SensorGrid = ({ board }: { readonly board: Board }) => {
  const t = useText();
  useWatch(board);
  return (
    <Card title={t("sensors.title")} aside={<RangeChoice />} flush>
      <SeriesList board={board} wide={false} />
    </Card>
  );
};

export const SensorPlots = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const { project } = useParams({ from: "/$project/boards/$board" });
  useWatch(board);
  return (
    <Card
      title={t("sensors.title")}
      aside={
        <>
          <Link
            to="/$project/boards/$board"
            params={{ project, board: board.uuid }}
            search={{ section: "target" }}
          >
            {t("settings.title")}
          </Link>
          <RangeChoice />
        </>
      }
      flush
    >
      <SeriesList board={board} wide />
    </Card>
  );
};

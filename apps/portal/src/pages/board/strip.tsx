// The first look: link, target, machine, each as one figure.
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { useCutSince } from "../../live/events.ts";
import { liveValues } from "../../live/series.ts";
import { useLive } from "../../live/store.ts";
import { formatNumber, formatSpan, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { useSeries, useTarget } from "./queries.ts";
import css from "./strip.module.css";

const Blocks = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const entries = useTarget(board.uuid).data?.entries ?? [];
  const held = entries.filter(({ state }) => state === "reached").length;
  return (
    <>
      <p className={css.line}>{t("strip.entries", { held, count: entries.length })}</p>
      <div className={css.blocks} aria-hidden="true">
        {entries.map(({ key, state }) => (
          <span
            key={key}
            data-state={board.connectivity.connected ? state : `was-${state}`}
            title={key}
          />
        ))}
      </div>
    </>
  );
};

/** A disk or memory this full soon is a trouble. */
const NEARLY_FULL = 0.8;

/** The latest value of a series of a board: live where somebody looks, else as last read. */
const useLatest = (board: string, name: string): number | null => {
  const live = useLive(liveValues, `${board}/${name}`);
  const read = useSeries(board).data?.items.find((series) => series.name === name);
  return live?.value ?? read?.value ?? null;
};

const Gauge = ({ word, share, fills }: { word: string; share: number | null; fills: boolean }) =>
  share === null ? null : (
    <div className={css.gauge}>
      <dt>{word}</dt>
      <dd>
        <meter
          aria-label={word}
          value={share}
          data-full={fills && share >= NEARLY_FULL ? "" : undefined}
        />
        <span>{formatNumber(share * 100)} %</span>
      </dd>
    </div>
  );

const Health = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const cut = useCutSince() !== null;
  const cpu = useLatest(board.uuid, "cpu.utilisation");
  const used = useLatest(board.uuid, "memory.used");
  const memory = useLatest(board.uuid, "memory.total");
  const filled = useLatest(board.uuid, "disk.used");
  const disk = useLatest(board.uuid, "disk.total");
  const share = (part: number | null, whole: number | null) =>
    part === null || !whole ? null : part / whole;
  return (
    <div>
      <h2>{t("strip.health")}</h2>
      <dl className={css.gauges} data-stale={cut || !board.connectivity.connected || undefined}>
        <Gauge word={t("strip.cpu")} share={cpu} fills={false} />
        <Gauge word={t("strip.memory")} share={share(used, memory)} fills />
        <Gauge word={t("strip.disk")} share={share(filled, disk)} fills />
      </dl>
      {cpu === null && used === null && filled === null && (
        <p className={css.line}>{t("sensors.no-values")}</p>
      )}
    </div>
  );
};

export const Strip = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const now = useNow();
  const { connectivity, target, info } = board;
  const since = toMs(connectivity.since);
  const latency = connectivity.latencyMs;
  const word = connectivity.connected
    ? t("strip.connected")
    : connectivity.lastSeenAt
      ? t("strip.lost")
      : t("strip.never");
  return (
    <section className={css.strip} aria-label={t("strip.label")}>
      <div>
        <h2>{t("strip.connection")}</h2>
        <p className={css.figure}>
          {connectivity.connected && latency !== null
            ? t("unit.ms", { n: formatNumber(latency, latency < 10 ? 1 : 0) })
            : word}
        </p>
        <p className={css.line}>
          {since !== null &&
            (connectivity.connected
              ? t("strip.up-for", { span: formatSpan(now - since) })
              : t("strip.gone-for", { span: formatSpan(now - since) }))}
        </p>
      </div>
      <div>
        <h2>{t("strip.target")}</h2>
        <p className={css.figure}>
          {target.reached}
          <small>
            {target.reached === target.wanted
              ? t("strip.reached")
              : t("strip.of-wanted", { wanted: target.wanted })}
          </small>
        </p>
        <Blocks board={board} />
      </div>
      <div>
        <h2>{t("strip.machine")}</h2>
        <p className={css.figure}>
          {info?.uptimeS ? formatSpan(info.uptimeS * 1_000) : "–"}
          {info?.uptimeS ? <small>{t("strip.up")}</small> : null}
        </p>
        <p className={css.line}>{info ? info.os : t("strip.no-report")}</p>
      </div>
      <Health board={board} />
    </section>
  );
};

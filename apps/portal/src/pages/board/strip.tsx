// The first look: link, target, machine, each as one figure.
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { formatNumber, formatSpan, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { useTarget } from "./queries.ts";
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
          {info ? formatSpan(info.uptimeS * 1_000) : "–"}
          {info && <small>{t("strip.up")}</small>}
        </p>
        <p className={css.line}>{info ? info.os : t("strip.no-report")}</p>
      </div>
      <div>
        <h2>{t("strip.agent")}</h2>
        <p className={css.figure}>{board.agent.version ?? "–"}</p>
        <p className={css.line}>
          {t("strip.seen")}{" "}
          <Age at={connectivity.connected ? now : toMs(connectivity.lastSeenAt)} now={now} />
        </p>
      </div>
    </section>
  );
};

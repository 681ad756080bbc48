// Lines of a plugin as they come: followed to the end, held while somebody reads, filtered by level.
import { useLayoutEffect, useRef, useState } from "react";
import type { PluginLine } from "../live/contract.ts";
import { usePluginLines } from "../live/lines.ts";
import { formatClock, formatMoment, formatNumber } from "../text/format.ts";
import { showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Segments } from "../ui/segments.tsx";
import css from "./plugin.module.css";

/** Nearer to the end than this, in pixels, is at the end. */
const END_PX = 24;

const filters = ["all", "info", "warn", "error"] as const;
type Filter = (typeof filters)[number];
const weights: Readonly<Record<PluginLine["level"], number>> = {
  debug: 0,
  out: 1,
  info: 1,
  warn: 2,
  err: 2,
  error: 3,
};
const least: Readonly<Record<Filter, number>> = { all: 0, info: 1, warn: 2, error: 3 };

const LineRow = ({ line, now }: { readonly line: PluginLine; readonly now: number }) => (
  <li data-level={line.level}>
    <time dateTime={new Date(line.atMs).toISOString()} title={formatMoment(line.atMs)}>
      {formatClock(line.atMs, now, true)}
    </time>
    <span className={css.level}>{line.level}</span>
    <span className={css.text}>{line.text}</span>
  </li>
);

export const PluginLines = ({
  project,
  board,
  plugin,
  live,
  now,
}: {
  readonly project: string;
  readonly board: string;
  readonly plugin: string;
  /** Whether the board is there to tell. */
  readonly live: boolean;
  readonly now: number;
}) => {
  const t = useText();
  const { lines, dropped, error, isRead } = usePluginLines(project, board, plugin, live);
  const [held, setHeld] = useState<readonly PluginLine[] | null>(null);
  const [filter, setFilter] = useState<Filter>("all");
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const shown = (held ?? lines).filter(({ level }) => weights[level] >= least[filter]);
  const behind = held ? lines.filter((line) => !held.includes(line)).length : 0;
  const last = shown.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last line is what moves the end
  useLayoutEffect(() => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [last]);
  return (
    <div className={css.lines}>
      <div className={css.tools}>
        <Segments
          label={t("lines.level")}
          value={filter}
          options={filters.map((value) => ({ value, label: t(`lines.level.${value}`) }))}
          onChange={setFilter}
        />
        <Button
          icon={held ? "play" : "pause"}
          aria-pressed={held !== null}
          onClick={() => setHeld(held ? null : lines)}
        >
          {held ? t("lines.go-on", { count: behind }) : t("lines.hold")}
        </Button>
        <CopyButton value={shown.map(({ text }) => text).join("\n")} label={t("do.copy")} />
      </div>
      {error && live ? <p className={css.aside}>{showProblem(error).sentence}</p> : null}
      {!live && <p className={css.aside}>{t("lines.not-live")}</p>}
      {dropped > 0 && (
        <p className={css.aside}>
          {t("lines.dropped", { count: dropped, n: formatNumber(dropped) })}
        </p>
      )}
      {shown.length === 0 && isRead && <p className={css.aside}>{t("lines.none")}</p>}
      {shown.length > 0 && (
        <ol
          ref={list}
          className={css.list}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
          tabIndex={0}
          aria-label={t("lines.title")}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
            atEnd.current = scrollTop + clientHeight >= scrollHeight - END_PX;
          }}
        >
          {shown.map((line) => (
            <LineRow key={`${line.seq} ${line.atMs}`} line={line} now={now} />
          ))}
        </ol>
      )}
    </div>
  );
};

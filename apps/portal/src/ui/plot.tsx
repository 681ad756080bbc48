// A plot of one quantity over time: mean as a line, min and max as its area, gaps stay gaps. Values arriving live are added at
// the right. Every plot has a sentence for readers who do not see it.
import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatClock, formatValue } from "../text/format.ts";
import { colorOf, onThemeChange } from "../theme/theme.ts";
import css from "./plot.module.css";

export interface PlotData {
  /** ms UTC. */
  readonly at: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

interface PlotProps {
  readonly data: PlotData;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  /** Calm: what is shown is old. */
  readonly stale: boolean;
  readonly summary: string;
  readonly height?: number;
  readonly axes?: boolean;
  /** Plots of one page with the same key share the cursor. */
  readonly sync?: string;
}

const optionsFor = (
  { unit, height = 60, axes = false, sync, stale }: PlotProps,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options => {
  const line = colorOf(stale ? "--calm-fill" : "--accent");
  const area = colorOf(stale ? "--calm-area" : "--accent-area");
  const text = colorOf("--text-3");
  const grid = colorOf("--line");
  const axis = {
    stroke: text,
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: axes ? [8, 8, 0, 0] : [4, 4, 4, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6, fill: line, stroke: line },
      drag: { x: false, y: false },
      ...(sync ? { sync: { key: sync } } : {}),
    },
    scales: {
      x: { time: true, auto: false },
      y: {
        range: (_plot, low, high) => {
          const room = Math.max((high - low) * 0.15, Math.abs(high) * 0.01) || 1;
          return [low < 0 ? low - room : Math.max(0, low - room), high + room];
        },
      },
    },
    axes: [
      { ...axis, show: axes, size: 28, space: 90, values: "{HH}:{mm}" },
      {
        ...axis,
        show: axes,
        size: 74,
        values: (_plot, values) => values.map((value) => formatValue(value, unit).join(" ")),
      },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 1.6,
        points: { show: false },
        spanGaps: false,
        ...(axes ? {} : { fill: area }),
      },
      { points: { show: false }, width: 0 },
      { points: { show: false }, width: 0 },
    ],
    bands: [{ series: [3, 2], fill: area }],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
};

const columnsOf = ({ at, mean, min, max }: PlotData): uPlot.AlignedData =>
  [at.map((ms) => ms / 1_000), [...mean], [...min], [...max]] as uPlot.AlignedData;

export const Plot = (props: PlotProps) => {
  const { data, unit, from, to, stale, summary, height = 60, axes = false } = props;
  const holder = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const plot = useRef<uPlot>(undefined);
  const fill = useEffectEvent((target: uPlot) => {
    target.setData(columnsOf(data), false);
    target.batch(() => {
      target.setScale("x", { min: from / 1_000, max: to / 1_000 });
    });
  });
  const onCursor = useEffectEvent((index: number | null) => {
    if (!readout.current) return;
    const value = index === null ? null : data.mean[index];
    const at = index === null ? undefined : data.at[index];
    readout.current.textContent =
      value === null || value === undefined || at === undefined
        ? ""
        : `${formatValue(value, unit).join(" ")} · ${formatClock(at, Date.now())}`;
  });
  const build = useEffectEvent((element: HTMLElement) => {
    plot.current?.destroy();
    const width = Math.max(40, element.clientWidth);
    plot.current = new uPlot(
      optionsFor(props, width, (index) => onCursor(index)),
      columnsOf(data),
      element,
    );
    fill(plot.current);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is built anew when its looks change
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    build(element);
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(40, element.clientWidth), height }),
    );
    observer.observe(element);
    const offTheme = onThemeChange(() => build(element));
    return () => {
      observer.disconnect();
      offTheme();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [unit, stale, height, axes]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect event reads them
  useEffect(() => {
    if (plot.current) fill(plot.current);
  }, [data, from, to]);
  return (
    <figure className={css.plot} aria-label={summary} role="img">
      <div ref={holder} className={css.holder} />
      <span ref={readout} className={css.readout} aria-hidden="true" />
    </figure>
  );
};

// A map of boards on a canvas. Drag, wheel, pinch and keys move it; the list beside it is its equal for readers.
import { type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import fineUrl from "world-atlas/land-50m.json?url";
import coarseUrl from "world-atlas/land-110m.json?url";
import { formatNumber } from "../text/format.ts";
import { useText } from "../text/text.ts";
import { onThemeChange } from "../theme/theme.ts";
import { IconButton } from "../ui/button.tsx";
import { fineCoast } from "./coast.ts";
import { BASE_MAP_MAX_ZOOM, drawCells, drawGround, loadLand, readPalette } from "./draw.ts";
import { attachGestures } from "./gestures.ts";
import css from "./map-canvas.module.css";
import {
  type Cell,
  cellsOf,
  fit,
  type MapBoard,
  type MapView,
  pan,
  type Size,
  scaleBar,
  zoomAt,
} from "./view.ts";

interface MapCanvasProps {
  readonly label: string;
  readonly boards: readonly MapBoard[];
  readonly view: MapView | null;
  /** A picture that does not move. */
  readonly still?: boolean;
  readonly chosen?: string | null;
  readonly onView?: (view: MapView) => void;
  readonly onChoose?: (boards: readonly MapBoard[]) => void;
}

/** How near a click must be to a cell. */
const HIT_PX = 22;

const nearest = (cells: readonly Cell[], x: number, y: number): Cell | undefined =>
  cells
    .filter((cell) => Math.hypot(cell.x - x, cell.y - y) <= HIT_PX)
    .sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y))[0];

export const MapCanvas = (props: MapCanvasProps) => {
  const { label, boards, still = false, chosen = null } = props;
  const t = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  const land = useRef<Awaited<ReturnType<typeof loadLand>>>(undefined);
  const size = useRef<Size>({ width: 1, height: 1 });
  const view = useRef<MapView | null>(null);
  const frame = useRef(0);
  const palette = useRef<ReturnType<typeof readPalette>>(undefined);
  const [scale, setScale] = useState<{ metres: number; px: number; plain: boolean } | null>(null);

  const current = () => view.current ?? props.view ?? fit(boards, size.current);
  const draw = useEffectEvent(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const ratio = Math.min(2, devicePixelRatio);
    const { width, height } = size.current;
    element.width = width * ratio;
    element.height = height * ratio;
    context.scale(ratio, ratio);
    palette.current ??= readPalette();
    const shown = current();
    const fine = fineCoast(shown, size.current, () => requestDraw());
    drawGround(context, shown, size.current, { land: land.current, fine }, palette.current);
    drawCells(context, cellsOf(boards, shown, size.current), palette.current, chosen);
    const bar = scaleBar(shown, 110);
    const plain = shown.zoom > BASE_MAP_MAX_ZOOM;
    if (
      !still &&
      (scale?.metres !== bar.metres ||
        Math.abs((scale?.px ?? 0) - bar.px) > 1 ||
        scale?.plain !== plain)
    )
      setScale({ ...bar, plain });
  });
  const later = () => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => draw());
  };
  const move = (next: MapView, settled = true) => {
    view.current = next;
    later();
    if (settled) props.onView?.(next);
  };
  const showAll = () => move(fit(boards, size.current));
  const zoomBy = (by: number) =>
    move(zoomAt(current(), size.current, size.current.width / 2, size.current.height / 2, by));
  const choose = (x: number, y: number) => {
    const cell = nearest(cellsOf(boards, current(), size.current), x, y);
    if (!cell) return props.onChoose?.([]);
    if (cell.boards.length > 1 && current().zoom < 16)
      return move(fit(cell.boards, size.current, current().zoom + 3));
    props.onChoose?.(cell.boards);
  };
  const gestures = useEffectEvent(() => ({ current, move, choose, size: () => size.current }));
  const requestDraw = useEffectEvent(() => later());

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      size.current = { width: element.clientWidth, height: element.clientHeight };
      requestDraw();
    });
    observer.observe(element);
    const offTheme = onThemeChange(() => {
      palette.current = undefined;
      requestDraw();
    });
    let gone = false;
    const take = async (url: string) => {
      const loaded = await loadLand(url);
      if (gone) return;
      land.current = loaded;
      requestDraw();
    };
    // The coarse coast is there at once, the fine one when it has come.
    void take(coarseUrl).then(() => take(fineUrl));
    const detach = still ? () => {} : attachGestures(element, () => gestures());
    return () => {
      gone = true;
      observer.disconnect();
      offTheme();
      detach();
    };
  }, [still]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn follows them
  useEffect(() => requestDraw(), [boards, chosen, props.view]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = 60;
    const pans: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [step, 0],
      ArrowRight: [-step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const by = pans[event.key];
    if (event.ctrlKey || event.metaKey || (!by && !"+-0".includes(event.key))) return;
    event.preventDefault();
    if (by) move(pan(current(), ...by));
    else if (event.key === "0") showAll();
    else zoomBy(event.key === "+" ? 1 : -1);
  };
  if (still) return <canvas ref={canvas} className={css.canvas} role="img" aria-label={label} />;
  return (
    <div className={css.map}>
      <canvas
        ref={canvas}
        className={css.canvas}
        tabIndex={0}
        aria-label={`${label}. ${t("map.keys")}`}
        onKeyDown={onKeyDown}
      />
      <div className={css.buttons}>
        <IconButton icon="plus" label={t("map.zoom-in")} onClick={() => zoomBy(1)} />
        <IconButton icon="minus" label={t("map.zoom-out")} onClick={() => zoomBy(-1)} />
        <IconButton icon="fit" label={t("map.fit")} onClick={showAll} />
      </div>
      {scale && (
        <p className={css.scale}>
          <span style={{ width: scale.px }} />
          {scale.metres >= 1_000
            ? t("map.scale-km", { n: formatNumber(scale.metres / 1_000) })
            : t("map.scale-m", { n: formatNumber(scale.metres) })}
          {scale.plain && <em>{t("map.no-base")}</em>}
        </p>
      )}
    </div>
  );
};

// Drawing a map on a canvas: land from vectors, cells of boards by the shape of their worst state.
import { geoPath, geoTransform } from "d3-geo";
import { feature } from "topojson-client";
import { colorOf } from "../theme/theme.ts";
import { type Rings, tileDegrees } from "./coast.ts";
import { type Cell, type MapView, project, type Size, worstOf } from "./view.ts";

type Land = ReturnType<typeof feature>;
export interface Palette {
  readonly sea: string;
  readonly land: string;
  readonly coast: string;
  readonly grid: string;
  readonly surface: string;
  readonly text: string;
  readonly mark: string;
  readonly fill: Readonly<Record<string, string>>;
}

/** Past this zoom the coast is too coarse to be honest: the ground is plain. */
export const BASE_MAP_MAX_ZOOM = 13;

/** From here on a grid of degrees helps to judge distances. */
const GRID_ZOOM = 8;

export const readPalette = (): Palette => ({
  sea: colorOf("--map-sea"),
  land: colorOf("--map-land"),
  coast: colorOf("--map-coast"),
  grid: colorOf("--map-grid"),
  surface: colorOf("--surface"),
  text: colorOf("--text"),
  mark: colorOf("--mark-on"),
  fill: {
    online: colorOf("--ok-fill"),
    degraded: colorOf("--warn-fill"),
    offline: colorOf("--bad-fill"),
    busy: colorOf("--busy-fill"),
    other: colorOf("--calm-fill"),
  },
});

/** Reads land polygons; `url` is a TopoJSON file of our own origin. */
export const loadLand = async (url: string): Promise<Land> => {
  const topology = await (await fetch(url)).json();
  return feature(topology, topology.objects.land);
};

const traceRings = (context: CanvasRenderingContext2D, view: MapView, size: Size, rings: Rings) => {
  for (const ring of rings) {
    for (let at = 0; at < ring.length; at += 2) {
      const [x, y] = project(view, size, { longitude: ring[at] ?? 0, latitude: ring[at + 1] ?? 0 });
      if (at === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
  }
};

/** Where two points of a ring are joined along the border of a tile: a cut of ours, not a coast. */
const isCut = (a: number | undefined, b: number | undefined) =>
  a === b && a !== undefined && a % tileDegrees === 0;

const traceCoast = (context: CanvasRenderingContext2D, view: MapView, size: Size, rings: Rings) => {
  for (const ring of rings)
    for (let at = 0; at < ring.length; at += 2) {
      const next = (at + 2) % ring.length;
      const [x, y] = project(view, size, { longitude: ring[at] ?? 0, latitude: ring[at + 1] ?? 0 });
      if (at === 0) context.moveTo(x, y);
      const [toX, toY] = project(view, size, {
        longitude: ring[next] ?? 0,
        latitude: ring[next + 1] ?? 0,
      });
      if (isCut(ring[at], ring[next]) || isCut(ring[at + 1], ring[next + 1]))
        context.moveTo(toX, toY);
      else context.lineTo(toX, toY);
    }
};

const traceLand = (context: CanvasRenderingContext2D, view: MapView, size: Size, land: Land) => {
  const projection = geoTransform({
    point(longitude, latitude) {
      const [x, y] = project(view, size, { latitude, longitude });
      this.stream.point(x, y);
    },
  });
  geoPath(projection, context)(land);
};

const drawGrid = (context: CanvasRenderingContext2D, view: MapView, size: Size, color: string) => {
  const step = 10 ** Math.ceil(Math.log10(360 / 2 ** view.zoom / 3));
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  const reach = (360 / 2 ** view.zoom) * (Math.max(size.width, size.height) / 256);
  for (
    let at = Math.floor((view.longitude - reach) / step) * step;
    at < view.longitude + reach;
    at += step
  ) {
    const [x] = project(view, size, { latitude: 0, longitude: at });
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, size.height);
  }
  for (
    let at = Math.floor((view.latitude - reach) / step) * step;
    at < view.latitude + reach;
    at += step
  ) {
    const [, y] = project(view, size, { latitude: at, longitude: 0 });
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(size.width, Math.round(y) + 0.5);
  }
  context.stroke();
};

/** Land and sea: the fine coast where it is here, else the coarse one; a plain ground past the zoom that either is good for. */
export const drawGround = (
  context: CanvasRenderingContext2D,
  view: MapView,
  size: Size,
  { land, fine }: { readonly land: Land | undefined; readonly fine: readonly Rings[] | null },
  palette: Palette,
): void => {
  const plain = view.zoom > BASE_MAP_MAX_ZOOM;
  context.fillStyle = plain ? palette.land : palette.sea;
  context.fillRect(0, 0, size.width, size.height);
  context.fillStyle = palette.land;
  context.strokeStyle = palette.coast;
  context.lineWidth = 1;
  if (!plain && fine) {
    // One path for all tiles: shared borders cancel out instead of leaving a seam.
    context.beginPath();
    for (const rings of fine) traceRings(context, view, size, rings);
    context.fill("evenodd");
    context.beginPath();
    for (const rings of fine) traceCoast(context, view, size, rings);
    context.stroke();
  } else if (!plain && land) {
    context.beginPath();
    traceLand(context, view, size, land);
    context.fill();
    context.stroke();
  }
  if (view.zoom > GRID_ZOOM) drawGrid(context, view, size, palette.grid);
};

const shapes: Readonly<Record<string, (context: CanvasRenderingContext2D, r: number) => void>> = {
  degraded(context, r) {
    context.moveTo(0, -r);
    context.lineTo(r, r * 0.8);
    context.lineTo(-r, r * 0.8);
    context.closePath();
  },
  offline: (context, r) => context.roundRect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76, 3),
  retired: (context, r) => context.rect(-r, -r * 0.35, r * 2, r * 0.7),
  unknown(context, r) {
    context.moveTo(0, -r);
    context.lineTo(r, 0);
    context.lineTo(0, r);
    context.lineTo(-r, 0);
    context.closePath();
  },
};
const disc = (context: CanvasRenderingContext2D, r: number) =>
  context.arc(0, 0, r * 0.85, 0, 2 * Math.PI);

const drawMark = (context: CanvasRenderingContext2D, state: string, palette: Palette) => {
  context.strokeStyle = palette.mark;
  context.lineWidth = 1.8;
  context.lineCap = "round";
  context.beginPath();
  if (state === "offline") {
    context.moveTo(-3, -3);
    context.lineTo(3, 3);
    context.moveTo(3, -3);
    context.lineTo(-3, 3);
  } else if (state === "degraded") {
    context.moveTo(0, -2.5);
    context.lineTo(0, 1.5);
    context.moveTo(0, 4.4);
    context.lineTo(0, 4.5);
  }
  context.stroke();
};

const drawBoard = (
  context: CanvasRenderingContext2D,
  state: string,
  simulated: boolean,
  palette: Palette,
) => {
  const radius = state === "online" ? 6.5 : 8.5;
  const hollow = state === "new";
  context.beginPath();
  (shapes[state] ?? disc)(context, radius);
  context.lineWidth = 3;
  context.strokeStyle = palette.surface;
  context.stroke();
  context.fillStyle = hollow ? palette.surface : (palette.fill[state] ?? palette.fill.other ?? "");
  context.fill();
  if (hollow) {
    context.setLineDash([3, 3]);
    context.lineWidth = 1.8;
    context.strokeStyle = palette.fill.other ?? "";
    context.stroke();
    context.setLineDash([]);
  }
  drawMark(context, state, palette);
  if (!simulated) return;
  // A hollow centre: a board that is only simulated is told from a real one without its name.
  context.beginPath();
  if (state === "online") context.arc(0, 0, 2.4, 0, 2 * Math.PI);
  context.fillStyle = palette.surface;
  context.fill();
};

const drawCluster = (context: CanvasRenderingContext2D, cell: Cell, palette: Palette) => {
  const count = cell.boards.length;
  const radius = 12 + Math.min(10, Math.log2(count) * 2);
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
  context.fillStyle = palette.surface;
  context.fill();
  // The ring shows the mix of states.
  let from = -Math.PI / 2;
  const states = [...new Set(cell.boards.map(({ status }) => status))].sort();
  for (const state of states) {
    const share = cell.boards.filter(({ status }) => status === state).length / count;
    context.beginPath();
    context.arc(0, 0, radius - 1.5, from, from + share * 2 * Math.PI);
    context.lineWidth = 3.5;
    context.lineCap = "butt";
    context.strokeStyle = palette.fill[state] ?? palette.fill.other ?? "";
    context.stroke();
    from += share * 2 * Math.PI;
  }
  context.fillStyle = palette.text;
  context.fillText(String(count), 0, 0.5);
};

export const drawCells = (
  context: CanvasRenderingContext2D,
  cells: readonly Cell[],
  palette: Palette,
  chosen: string | null,
): void => {
  context.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const cell of cells) {
    context.save();
    context.translate(cell.x, cell.y);
    const [first] = cell.boards;
    if (cell.boards.some(({ uuid }) => uuid === chosen)) {
      context.beginPath();
      context.arc(0, 0, 22, 0, 2 * Math.PI);
      context.fillStyle = colorOf("--accent-area");
      context.fill();
      context.strokeStyle = colorOf("--accent");
      context.lineWidth = 1;
      context.stroke();
    }
    if (cell.boards.length === 1 && first)
      drawBoard(context, worstOf(cell.boards), first.simulated, palette);
    else drawCluster(context, cell, palette);
    context.restore();
  }
};

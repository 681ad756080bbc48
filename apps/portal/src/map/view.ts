// The arithmetic of a web map: Mercator, zoom levels, cells. Pure; drawing is in `map-canvas.tsx`.

/** Pixels of the whole world at zoom 0. */
const WORLD_PX = 256;
const MAX_LATITUDE = 85.05;
export const MIN_ZOOM = 1;
export const MAX_ZOOM = 18;
/** Boards nearer to each other than this on the screen are drawn as one cell with a number. */
const CELL_PX = 34;
const EARTH_M = 40_075_016.7;

export interface MapView {
  readonly latitude: number;
  readonly longitude: number;
  readonly zoom: number;
}
export interface MapBoard {
  readonly uuid: string;
  readonly name: string;
  readonly status: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly simulated: boolean;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly boards: readonly MapBoard[];
}

export const clampZoom = (zoom: number): number => Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
export const worldSize = (zoom: number): number => WORLD_PX * 2 ** zoom;

const unitX = (longitude: number) => longitude / 360 + 0.5;
const unitY = (latitude: number) => {
  const bounded = Math.min(MAX_LATITUDE, Math.max(-MAX_LATITUDE, latitude));
  const sine = Math.sin((bounded * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};

/** Where a position is on the screen. */
export const project = (
  view: MapView,
  size: Size,
  position: { readonly latitude: number; readonly longitude: number },
): readonly [x: number, y: number] => {
  const world = worldSize(view.zoom);
  return [
    (unitX(position.longitude) - unitX(view.longitude)) * world + size.width / 2,
    (unitY(position.latitude) - unitY(view.latitude)) * world + size.height / 2,
  ];
};

/** The view after the ground moved by so many pixels. */
export const pan = (view: MapView, dx: number, dy: number): MapView => {
  const world = worldSize(view.zoom);
  const y = Math.min(1, Math.max(0, unitY(view.latitude) - dy / world));
  return {
    ...view,
    longitude: Math.min(180, Math.max(-180, view.longitude - (dx / world) * 360)),
    latitude: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI,
  };
};

/** Zooms so that what is under (x, y) stays there. */
export const zoomAt = (view: MapView, size: Size, x: number, y: number, by: number): MapView => {
  const zoom = clampZoom(view.zoom + by);
  const factor = 2 ** (zoom - view.zoom);
  const dx = (x - size.width / 2) * (1 - factor);
  const dy = (y - size.height / 2) * (1 - factor);
  return pan({ ...view, zoom }, dx, dy);
};

/** The view that shows all positions with some room. */
export const fit = (
  positions: readonly { readonly latitude: number; readonly longitude: number }[],
  size: Size,
  maxZoom = 14,
): MapView => {
  if (positions.length === 0) return { latitude: 30, longitude: 12, zoom: 2 };
  const xs = positions.map(({ longitude }) => longitude);
  const ys = positions.map(({ latitude }) => unitY(latitude));
  const [west, east] = [Math.min(...xs), Math.max(...xs)];
  const [north, south] = [Math.min(...ys), Math.max(...ys)];
  const room = 96;
  const spread = Math.max(
    (unitX(east) - unitX(west)) / Math.max(1, size.width - room),
    (south - north) / Math.max(1, size.height - room),
    1e-9,
  );
  const middle = (north + south) / 2;
  return {
    longitude: (west + east) / 2,
    latitude: (Math.atan(Math.sinh(Math.PI * (1 - 2 * middle))) * 180) / Math.PI,
    zoom: Math.min(maxZoom, clampZoom(Math.log2(1 / (spread * WORLD_PX)))),
  };
};

/** Boards that are near each other on the screen as one cell. The grid is fixed to the ground, so that panning keeps cells. */
export const cellsOf = (
  boards: readonly MapBoard[],
  view: MapView,
  size: Size,
): readonly Cell[] => {
  const world = worldSize(view.zoom);
  const groups = new Map<string, { x: number; y: number; boards: MapBoard[] }>();
  for (const board of boards) {
    const [x, y] = project(view, size, board);
    if (x < -CELL_PX || y < -CELL_PX || x > size.width + CELL_PX || y > size.height + CELL_PX)
      continue;
    const key = `${Math.floor((unitX(board.longitude) * world) / CELL_PX)} ${Math.floor((unitY(board.latitude) * world) / CELL_PX)}`;
    const group = groups.get(key) ?? { x: 0, y: 0, boards: [] };
    group.x += x;
    group.y += y;
    group.boards.push(board);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ x, y, boards: members }) => ({
    x: x / members.length,
    y: y / members.length,
    boards: members,
  }));
};

/** A round length for the scale and its pixels. */
export const scaleBar = (view: MapView, wantedPx: number): { metres: number; px: number } => {
  const metresPerPx = (EARTH_M * Math.cos((view.latitude * Math.PI) / 180)) / worldSize(view.zoom);
  const wanted = wantedPx * metresPerPx;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [5, 2, 1].find((each) => each * power <= wanted) ?? 1;
  return { metres: step * power, px: (step * power) / metresPerPx };
};

/** Order of states from the worst: a cell takes the look of its worst board. */
const worst = ["offline", "degraded", "unknown", "busy", "new", "asleep", "online", "retired"];
export const worstOf = (boards: readonly MapBoard[]): string =>
  worst.find((state) => boards.some(({ status }) => status === state)) ?? "unknown";

// The fine coast line, tile by tile, for where the map is near.
import { precision, tileDegrees, tiles } from "virtual:coast";
import { type MapView, type Size, worldSize } from "./view.ts";

export { tileDegrees };

/** From this zoom on the fine coast is worth its bytes. */
export const FINE_COAST_ZOOM = 6.5;
/** More tiles than this at once mean that the view is too wide for them. */
const MAX_TILES = 24;

/** Rings of a tile, in degrees. */
export type Rings = readonly (readonly number[])[];
const known = new Set(tiles.split(" "));
const loaded = new Map<string, Rings | null>();

const tilesIn = (view: MapView, size: Size): readonly string[] => {
  const perPx = 360 / worldSize(view.zoom);
  const [halfWidth, halfHeight] = [(size.width / 2) * perPx, (size.height / 2) * perPx];
  const start = (at: number) => Math.floor(at / tileDegrees) * tileDegrees;
  const names: string[] = [];
  for (
    let west = start(view.longitude - halfWidth);
    west <= view.longitude + halfWidth;
    west += tileDegrees
  )
    for (
      let south = start(view.latitude - halfHeight);
      south <= view.latitude + halfHeight;
      south += tileDegrees
    )
      if (known.has(`${west}_${south}`)) names.push(`${west}_${south}`);
  return names.length > MAX_TILES ? [] : names;
};

const fetchTile = async (name: string): Promise<void> => {
  loaded.set(name, null);
  const response = await fetch(`${import.meta.env.BASE_URL}coast/${name}.json`);
  if (!response.ok) return;
  const rings = (await response.json()) as number[][];
  loaded.set(
    name,
    rings.map((ring) => ring.map((value) => value / precision)),
  );
};

/**
 * The fine coast of a view, or null where the coarse one serves (far out, or not yet here). `onMore` is called when more of it
 * has come.
 */
export const fineCoast = (
  view: MapView,
  size: Size,
  onMore: () => void,
): readonly Rings[] | null => {
  if (view.zoom < FINE_COAST_ZOOM) return null;
  const names = tilesIn(view, size);
  for (const name of names)
    if (!loaded.has(name)) void fetchTile(name).then(onMore, () => loaded.delete(name));
  const here = names.map((name) => loaded.get(name));
  // Until all are here the coarse coast stays: half a coast is a wrong one.
  return names.length > 0 && here.every((rings) => rings) ? (here as Rings[]) : null;
};

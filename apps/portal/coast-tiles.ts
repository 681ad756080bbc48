// A build step: cuts the 1:10m coast line, far too big to send whole, into tiles of a few kilobytes. The map fetches those in
// view when it is near enough to show them. Rings are [longitude, latitude, longitude, latitude, …] in thousandths of a degree.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";
import type { Plugin } from "vite";

/** Side of a tile in degrees: a screen at city zoom needs one to four. */
const TILE_DEGREES = 5;
/** A thousandth of a degree is some 100 m: finer than the source. */
const PRECISION = 1_000;

type Ring = readonly (readonly [x: number, y: number])[];
interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** One side of a straight cut through rings (Sutherland and Hodgman). Cuts lie on tile borders, which the map does not stroke. */
const half = (rings: readonly Ring[], axis: 0 | 1, at: number, above: boolean): Ring[] => {
  const inside = (value: number) => (above ? value >= at : value <= at);
  return rings.flatMap((ring) => {
    const kept: (readonly [number, number])[] = [];
    for (const [index, point] of ring.entries()) {
      const before = ring.at(index - 1) ?? point;
      if (inside(point[axis]) !== inside(before[axis])) {
        const share = (at - before[axis]) / (point[axis] - before[axis]);
        const other =
          before[(1 - axis) as 0 | 1] +
          share * (point[(1 - axis) as 0 | 1] - before[(1 - axis) as 0 | 1]);
        kept.push(axis === 0 ? [at, other] : [other, at]);
      }
      if (inside(point[axis])) kept.push(point);
    }
    return kept.length > 2 ? [kept] : [];
  });
};

/** Halves the world until tiles are left: each point is touched once a level, not once a tile. */
const cut = (
  rings: readonly Ring[],
  box: Box,
  emit: (name: string, rings: readonly Ring[]) => void,
): void => {
  if (rings.length === 0) return;
  const [width, height] = [box.east - box.west, box.north - box.south];
  if (width <= TILE_DEGREES && height <= TILE_DEGREES) {
    emit(`${box.west}_${box.south}`, rings);
    return;
  }
  const middle = (low: number, size: number) =>
    low + Math.ceil(size / TILE_DEGREES / 2) * TILE_DEGREES;
  if (width >= height) {
    const at = middle(box.west, width);
    cut(half(rings, 0, at, false), { ...box, east: at }, emit);
    cut(half(rings, 0, at, true), { ...box, west: at }, emit);
  } else {
    const at = middle(box.south, height);
    cut(half(rings, 1, at, false), { ...box, north: at }, emit);
    cut(half(rings, 1, at, true), { ...box, south: at }, emit);
  }
};

const readLand = (): Ring[] => {
  const source = createRequire(import.meta.url).resolve("world-atlas/land-10m.json");
  const topology = JSON.parse(readFileSync(source, "utf8"));
  const land = feature(topology, topology.objects.land) as unknown as {
    features: { geometry: { coordinates: Ring[][] } }[];
  };
  // Rings are closed by repeating their first point; here they close by themselves.
  return land.features.flatMap(({ geometry }) =>
    geometry.coordinates.flatMap((polygon) => polygon.map((ring) => ring.slice(0, -1))),
  );
};

const writeRings = (rings: readonly Ring[]): string =>
  JSON.stringify(
    rings.map((ring) => ring.flatMap((point) => point.map((at) => Math.round(at * PRECISION)))),
  );

/** Emits `coast/WEST_SOUTH.json` for every tile with land, and answers `virtual:coast` with the list of them. */
export const coastTiles = (): Plugin => {
  const tiles = new Map<string, string>();
  const world = { west: -180, south: -90, east: 180, north: 90 };
  return {
    name: "coast-tiles",
    resolveId: (id) => (id === "virtual:coast" ? "\0virtual:coast" : null),
    load(id) {
      if (id !== "\0virtual:coast") return null;
      if (tiles.size === 0)
        cut(readLand(), world, (name, rings) => tiles.set(name, writeRings(rings)));
      return `export const tileDegrees = ${TILE_DEGREES};\nexport const precision = ${PRECISION};\nexport const tiles = ${JSON.stringify([...tiles.keys()].join(" "))};\n`;
    },
    generateBundle() {
      for (const [name, source] of tiles)
        this.emitFile({ type: "asset", fileName: `coast/${name}.json`, source });
    },
    configureServer(server) {
      server.middlewares.use("/app/coast/", (request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(tiles.get((request.url ?? "").replace(/^\/|\.json.*$/g, "")) ?? "[]");
      });
    },
  };
};

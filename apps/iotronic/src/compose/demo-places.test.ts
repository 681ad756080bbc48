import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";
import { describe, expect, it } from "vitest";
import { demoBoards } from "./demo-places.ts";

type Ring = readonly (readonly number[])[];
const land = (): readonly Ring[] => {
  const world = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve("world-atlas/land-10m.json"), "utf8"),
  );
  const { features } = feature(world, world.objects.land) as unknown as {
    features: { geometry: { coordinates: readonly (readonly Ring[])[] } }[];
  };
  return features.flatMap(({ geometry }) => geometry.coordinates.flat());
};
/** Even-odd rule over all rings. */
const isInside = (rings: readonly Ring[], x: number, y: number): boolean => {
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi = 0, yi = 0] = ring[i] ?? [];
      const [xj = 0, yj = 0] = ring[j] ?? [];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  return inside;
};

describe("places of simulated boards", () => {
  it("are on land, and would be noticed in the strait", () => {
    const rings = land();
    expect(isInside(rings, 15.6, 38.19)).toBe(false);
    const wet = demoBoards(104).filter(
      ({ location }) => !isInside(rings, location.longitude, location.latitude),
    );
    expect(wet).toEqual([]);
  });
  it("are the same at each start: the first ten of fifty are the ten", () => {
    expect(demoBoards(50).slice(0, 10)).toEqual(demoBoards(10));
  });
  it("are all named differently, as labels of DNS", () => {
    const names = demoBoards(10_000).map(({ name }) => name);
    expect(new Set(names).size).toBe(10_000);
    expect(names.every((name) => /^[a-z0-9-]{1,63}$/.test(name))).toBe(true);
  });
});

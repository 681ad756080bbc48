import { expect, it } from "vitest";
import { openTestCloud } from "./cloud.ts";
import { drainLane } from "./jobs-lane.ts";

it("a hundred thousand jobs that wait for one board drain in order", async () => {
  const cloud = await openTestCloud();
  try {
    const { given, made, states } = await drainLane(cloud, 100_000);
    expect(new Set(given).size).toBe(100_000);
    const place = new Map(given.map((id, at) => [id, at]));
    for (const own of made) {
      const places = own.map((id) => place.get(id) ?? -1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
    expect(states).toEqual({ done: 100_000 });
  } finally {
    await cloud.close();
  }
}, 3_600_000);

import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { drainLane } from "./jobs-lane.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

it("five hundred jobs that wait for a board reach it in the order in which they were made, each once", async () => {
  const { given, made, states } = await drainLane(cloud, 500);
  expect(given).toHaveLength(500);
  expect(new Set(given).size).toBe(500);
  const place = new Map(given.map((id, at) => [id, at]));
  for (const own of made) {
    const places = own.map((id) => place.get(id) ?? -1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
  expect(states).toEqual({ done: 500 });
}, 120_000);

import { seeded } from "@s4t/kit";
import { expect, it } from "vitest";
import { Few } from "./few.ts";

it("is a map, whatever is put in and taken out", () => {
  const random = seeded(7);
  const few = new Few<string>();
  const map = new Map<number, string>();
  for (let step = 0; step < 5_000; step += 1) {
    const key = Math.floor(random() * 4);
    if (random() < 0.5) {
      few.set(key, `${step}`);
      map.set(key, `${step}`);
    } else expect(few.delete(key)).toBe(map.delete(key));
    expect([few.size, few.get(key), few.has(key), [...few.values()].sort()]).toEqual([
      ...[map.size, map.get(key), map.has(key), [...map.values()].sort()],
    ]);
  }
});

// Last values by the way that boards report them: found by queries while they are fresh, and what stands against a stale session too.
import type { Board } from "@s4t/contract";
import { expect, it } from "vitest";
import { LATEST_FLUSH_MS } from "../src/modules/boards/latest.ts";
import { administered } from "./administered.ts";
import { joinAs } from "./board.ts";

const { aBoard, ask, cloud } = administered();

const point = (values: Record<string, number>, atMs = Date.now()) => ({
  kind: "points",
  atMs,
  monotonicMs: 1,
  values,
});
const named = async (q: string): Promise<string[]> =>
  (await ask("GET", `/api/boards?q=${encodeURIComponent(q)}`)).body.items.map(
    ({ name }: Board) => name,
  );

it("what a board measured last is looked up, the earlier not, and what is old only for who asks", async () => {
  const [hot, cold, old] = [await aBoard("hot"), await aBoard("cold"), await aBoard("old")];
  const sessions = [await joinAs(cloud, hot), await joinAs(cloud, cold), await joinAs(cloud, old)];
  const [first, second, third] = sessions;
  await first?.report(1, [point({ temp: 12 }), point({ temp: 41.5, rain: 0 })]);
  await second?.report(1, [point({ temp: -3 })]);
  await third?.report(1, [point({ temp: 50 }, Date.now() - 3_600_000)]);
  await expect
    .poll(() => named("sensor.temp>40"), { timeout: LATEST_FLUSH_MS + 5_000 })
    .toEqual([hot.name]);
  expect(await named("sensor.temp<=-3")).toEqual([cold.name]);
  expect(await named("sensor.temp=12")).toEqual([]);
  expect(await named("sensor.temp>40@2h")).toEqual([hot.name, old.name].sort());
  expect(await named("-sensor.temp>40 sensor.temp>-100")).toEqual([cold.name]);
  const begun = await ask("POST", "/api/bulk?preview=true", {
    action: "board.settings",
    selection: { q: "sensor.temp>40" },
    body: { sensors: { storeEveryS: 60 } },
  });
  expect(begun.body.effects[0]).toMatchObject({ count: 1, first: [hot.name] });
  // A later report takes the place of an earlier one, also where that was written already.
  await first?.report(3, [point({ temp: 20 })]);
  await expect
    .poll(() => named("sensor.temp>40"), { timeout: LATEST_FLUSH_MS + 5_000 })
    .toEqual([]);
  for (const session of sessions) await session.session.close();
}, 60_000);

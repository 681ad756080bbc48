import { expect, it } from "vitest";
import { compareWithWs } from "../../test/beside-ws.ts";

it("a million frames, fragmented, spoilt, cut and joined, are read as ws reads them", async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const result = await compareWithWs({ frames: 1_000_000, seed });
  console.log(JSON.stringify(result));
  for (const code of [1002, 1007, 1009])
    expect(result.seen[`violation ${code}`]).toBeGreaterThan(100);
}, 3_600_000);

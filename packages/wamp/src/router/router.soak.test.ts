import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { beRude } from "../../test/rude.ts";
import { allCodecs } from "../codec/codecs.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;
/** What the heap may have grown by between a tenth of the frames and all of them. */
const FLAT_BYTES = 4 * 1024 * 1024;

it.each(allCodecs.map((codec) => [codec.subprotocol, codec] as const))(
  "a million frames of a rude peer over %s end as they must, and hold no memory",
  async (name, codec) => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}`);
    const result = await beRude({ codec, frames: 1_000_000, seed, gc });
    console.log(`${name} ${JSON.stringify(result)}`);
    const [early = 0, late = 0] = result.heapBytes;
    expect(late - early).toBeLessThan(FLAT_BYTES);
    expect(result.slowestMs).toBeLessThan(2_000);
    expect(Object.keys(result.ends).sort()).toEqual([
      "lost",
      "none",
      "wamp.close.goodbye_and_out",
      "wamp.error.no_matching_auth_method",
      "wamp.error.no_such_realm",
      "wamp.error.protocol_violation",
    ]);
  },
  3_600_000,
);

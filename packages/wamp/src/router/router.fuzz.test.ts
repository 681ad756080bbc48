import { expect, it } from "vitest";
import { beRude } from "../../test/rude.ts";
import { allCodecs } from "../codec/codecs.ts";

it.each(allCodecs.map((codec) => [codec.subprotocol, codec] as const))(
  "ten thousand frames of a rude peer over %s end as they must, and nobody else notices",
  async (_name, codec) => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`router fuzz seed ${seed}`);
    const { ends, answers, heard, parts } = await beRude({ codec, frames: 10_000, seed });
    // Each promised end and each answer came about: what the fuzz does not reach it does not show.
    expect(Object.keys(ends)).toEqual(
      expect.arrayContaining(["wamp.error.protocol_violation", "wamp.error.no_such_realm"]),
    );
    expect(Object.keys(answers)).toEqual(
      expect.arrayContaining(["welcome", "result", "error", "event", "invocation", "registered"]),
    );
    expect(heard).toBeGreaterThan(1_000);
    expect(parts).toBeGreaterThan(100);
  },
);

// What a router keeps beyond a message's turn holds nothing of the message that it came in.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { jsonCodec } from "../codec/json.ts";
import type { Call } from "../messages/message.ts";
import { openParts } from "./call-parts.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** After a collection. */
const heldBytes = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const FRAME_BYTES = 256 * 1024;

it("a call that comes in parts", () => {
  const parts: unknown[] = [];
  const before = heldBytes();
  for (let at = 0; at < 100; at += 1) {
    const call = jsonCodec.read(
      Buffer.from(
        `[48,${at + 1},{},"a.name.that.is.long.enough.${at}",["${"x".repeat(FRAME_BYTES)}"]]`,
      ).toString("latin1"),
    ) as Call;
    parts.push(openParts(call, 1, { procedure: call.procedure }));
  }
  expect(heldBytes() - before).toBeLessThan(20 * FRAME_BYTES);
  expect(parts.length).toBe(100);
});

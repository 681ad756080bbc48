import { expect, it } from "vitest";
import { traceFacts, within } from "./trace.ts";

const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

it("what a job does is logged where the job stands in its trace, and nothing else is", async () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  const logged = within({ traceparent }, async () => {
    await Promise.resolve();
    return traceFacts();
  });
  expect(traceFacts()).toBeUndefined();
  expect(await logged).toEqual({ trace_id: traceId, span_id: spanId });
  for (const none of [{}, { traceparent: "00-zz" }])
    expect(within(none, traceFacts)).toBeUndefined();
});

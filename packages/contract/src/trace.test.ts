import { describe, expect, it } from "vitest";
import { parseTraceContext, traceKeywordsOf, traceparentOf } from "./trace.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("a trace's context", () => {
  it("is read and said again, word for word", () => {
    for (const flags of ["00", "01"]) {
      const text = `00-${traceId}-${spanId}-${flags}`;
      const trace = parseTraceContext(text);
      expect(trace).toEqual({ traceId, spanId, sampled: flags === "01" });
      expect(trace && traceparentOf(trace)).toBe(text);
    }
    const trace = parseTraceContext(
      `00-${traceId}-${spanId}-03`,
      "rojo=00f067aa0ba902b7,congo=t61",
    );
    expect(trace?.sampled).toBe(true);
    expect(trace && traceKeywordsOf(trace)).toEqual({
      traceparent: `00-${traceId}-${spanId}-01`,
      tracestate: "rojo=00f067aa0ba902b7,congo=t61",
    });
  });

  it.each([
    ["nothing", undefined],
    ["a number", 7],
    ["no hex", `00-${traceId.replace("4", "g")}-${spanId}-01`],
    ["capitals", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a parent of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["the version that is none", `ff-${traceId}-${spanId}-01`],
    ["more than version 0 has", `00-${traceId}-${spanId}-01-more`],
    ["less", `00-${traceId}-${spanId}`],
    ["two of them", `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`],
  ])("is not there in %s", (_, text) => {
    expect(parseTraceContext(text)).toBeUndefined();
  });

  it("of a later version is read as far as this one goes", () => {
    expect(parseTraceContext(`cc-${traceId}-${spanId}-01-what-the-future`)).toEqual({
      ...{ traceId, spanId, sampled: true },
    });
    expect(parseTraceContext(`cc-${traceId}-${spanId}-01what`)).toBeUndefined();
  });

  it("goes on without a state that is too long, or no text of a header", () => {
    for (const state of ["x".repeat(513), "a=\u0000", "", 7])
      expect(parseTraceContext(`00-${traceId}-${spanId}-01`, state)).toEqual({
        ...{ traceId, spanId, sampled: true },
      });
  });
});

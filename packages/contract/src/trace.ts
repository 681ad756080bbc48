// Where a request stands within a trace that began elsewhere: W3C Trace Context, Level 1 (https://www.w3.org/TR/trace-context-1/).
// Over HTTP it is the header `traceparent`, on the link a keyword of a call and of its answer: see `docs/protocol/link.md`.

/** One place in a trace. */
export interface TraceContext {
  /** 16 bytes, lower-case hex. */
  readonly traceId: string;
  /** 8 bytes, lower-case hex: what asks, or works. */
  readonly spanId: string;
  /** Whether somebody keeps the trace. */
  readonly sampled: boolean;
  /** What makers of traces tell one another (`tracestate`), handed on as it came. */
  readonly state?: string;
}

/** What of a call or an answer on the link is about its trace, beside `args`. */
export interface TraceKeywords {
  readonly traceparent: string;
  readonly tracestate?: string;
  /** Of an answer: how long the board worked at it, ms by its monotonic clock. */
  readonly tookMs?: number;
}

/** Names of {@link TraceKeywords}. */
export const traceKeywords: readonly string[] = ["traceparent", "tracestate", "tookMs"];

/** Longest `tracestate` that is handed on (Trace Context 3.3.1.5: 512 at least). */
export const MAX_TRACESTATE_LENGTH = 512;

const zeros = /^0+$/;

/**
 * Reads `traceparent`, and `tracestate` where that is there too. Undefined for everything that is none (3.2.2): then there was no
 * trace. Of a version that does not exist yet what version 0 has is read.
 */
export const parseTraceContext = (
  traceparent: unknown,
  tracestate?: unknown,
): TraceContext | undefined => {
  if (typeof traceparent !== "string") return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined))
    return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  const isState =
    typeof tracestate === "string" &&
    tracestate !== "" &&
    tracestate.length <= MAX_TRACESTATE_LENGTH &&
    /^[\x20-\x7e\t]*$/.test(tracestate);
  return {
    ...{ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 },
    ...(isState ? { state: tracestate } : {}),
  };
};

/** As `traceparent` says it, in version 0. */
export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;

/** As keywords of a call say it. */
export const traceKeywordsOf = (trace: TraceContext): TraceKeywords => ({
  traceparent: traceparentOf(trace),
  ...(trace.state === undefined ? {} : { tracestate: trace.state }),
});

// A command to a board within the trace that it comes of: the board is told where it stands, and says in its answer how long it
// worked. Its span is made here: boards send none, and what one says is believed of its own piece of work only.
import {
  type BoardId,
  type Procedure,
  parseTraceContext,
  type TraceContext,
  traceKeywords,
  traceKeywordsOf,
} from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { type CallResult, isWampError, WampError } from "@s4t/wamp";
import type { Tracing } from "../edge/trace.ts";
import { codeToldBy } from "./wire-errors.ts";

type Keywords = Readonly<Record<string, unknown>>;

const isOurs = (name: string): boolean => traceKeywords.includes(name);

/** An error of a board without what it says of the trace: that is no detail of what went wrong. */
const withoutTrace = (error: unknown): unknown => {
  if (!isWampError(error) || !error.kwargs || !Object.keys(error.kwargs).some(isOurs)) return error;
  const kwargs = Object.fromEntries(Object.entries(error.kwargs).filter(([name]) => !isOurs(name)));
  return new WampError(error.uri, error.message, {
    ...{ kwargs, cause: error.cause },
    ...(error.args ? { args: error.args } : {}),
  });
};

interface Asked {
  readonly board: BoardId;
  readonly procedure: Procedure;
}

interface Heard extends Asked {
  /** Where the board was told that it stands. */
  readonly told: TraceContext;
  readonly keywords: Keywords;
  readonly startMs: number;
  readonly waitedMs: number;
  readonly failed: string | undefined;
}

/** The board's span, in the middle of the time that was waited for it: its own clock says nothing here. */
const addBoardSpan = (tracing: Tracing, heard: Heard): void => {
  const { board, procedure, told, keywords, startMs, waitedMs, failed } = heard;
  const own = parseTraceContext(keywords.traceparent);
  const took = keywords.tookMs;
  if (own?.traceId !== told.traceId || own.spanId === told.spanId) return;
  if (typeof took !== "number" || !(took >= 0)) return;
  const tookMs = Math.min(took, waitedMs);
  tracing.add({
    ...{ name: procedure.name, by: "lightning-rod", kind: "server", failed },
    ...{ context: { ...told, spanId: own.spanId }, parent: told.spanId },
    ...{ startMs: startMs + (waitedMs - tookMs) / 2, tookMs },
    attributes: { "rpc.system": "wamp", "rpc.method": procedure.name, "s4t.board": board },
  });
};

/** Calls a board with keywords for its trace, none where there is no trace. */
export const tracedCall = (
  { tracing, clock }: { readonly tracing: Tracing; readonly clock: Clock },
  asked: Asked,
  call: (more: { readonly kwargs?: Record<string, unknown> }) => Promise<CallResult>,
): Promise<CallResult> =>
  tracing.ask(`board ${asked.procedure.name}`, async (span, trace) => {
    if (!trace)
      return call({}).catch((error: unknown) => {
        throw withoutTrace(error);
      });
    span.attributes["rpc.system"] = "wamp";
    span.attributes["rpc.method"] = asked.procedure.name;
    span.attributes["s4t.board"] = asked.board;
    const startMs = clock.now();
    const from = clock.monotonicMs();
    const hear = (keywords: Keywords, failed?: string): void =>
      addBoardSpan(tracing, {
        ...{ ...asked, told: trace, keywords, startMs, failed },
        waitedMs: clock.monotonicMs() - from,
      });
    try {
      const result = await call({ kwargs: { ...traceKeywordsOf(trace) } });
      hear(result.kwargs);
      return result;
    } catch (error) {
      if (isWampError(error)) hear(error.kwargs ?? {}, codeToldBy(error));
      throw withoutTrace(error);
    }
  });

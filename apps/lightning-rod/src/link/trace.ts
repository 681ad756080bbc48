// A call within its trace (W3C Trace Context): what is logged because of it carries the trace's ids, and the answer says where in the
// trace the board stood and how long it worked. A cloud that tells no trace gets the answer as ever.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { parseTraceContext, type TraceContext, traceKeywordsOf } from "@s4t/contract";
import { type Clock, isS4tError, type Log } from "@s4t/kit";
import type { IncomingCall } from "@s4t/wamp";
import { sayInRefusal } from "./wire-errors.ts";

const places = new AsyncLocalStorage<TraceContext>();

/** Where the present work stands, as facts of a log line; undefined outside any trace. */
export const traceFacts = (): Readonly<Record<string, string>> | undefined => {
  const place = places.getStore();
  return place && { trace_id: place.traceId, span_id: place.spanId };
};

/** As the link's client sends it. */
export interface Answer {
  readonly args: unknown[];
  readonly kwargs?: Record<string, unknown>;
}

/** Does what stands at this place of a trace; outside any where it names none. */
export const within = <T>(
  { traceparent, tracestate }: { readonly traceparent?: string; readonly tracestate?: string },
  work: () => T,
): T => {
  const place = parseTraceContext(traceparent, tracestate);
  return place ? places.run(place, work) : work();
};

/** Answers a call of this name with what `work` comes to. */
export const answerWithin = async (
  { kwargs }: Pick<IncomingCall, "kwargs">,
  name: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  work: () => Promise<unknown>,
): Promise<Answer> => {
  const asker = parseTraceContext(kwargs.traceparent, kwargs.tracestate);
  if (!asker) return { args: [await work()] };
  const own = { ...asker, spanId: randomBytes(8).toString("hex") };
  const from = clock.monotonicMs();
  const told = () => ({ ...traceKeywordsOf(own), tookMs: clock.monotonicMs() - from });
  return places.run(own, async () => {
    try {
      const result = await work();
      const keywords = told();
      log.info("Answered", { call: name, tookMs: keywords.tookMs });
      return { args: [result], kwargs: keywords };
    } catch (error) {
      const keywords = told();
      const because = isS4tError(error) ? error.code : String(error);
      log.info("Refused or failed", { call: name, because, tookMs: keywords.tookMs });
      throw sayInRefusal(error, keywords);
    }
  });
};

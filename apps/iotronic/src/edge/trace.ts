// Traces (W3C Trace Context): a request is done within the trace that it came with, or one that begins with it; so is every command
// to a board that comes of it, and every line that is logged meanwhile. Spans are made only where they are sent somewhere; the
// context goes on all the same, so that a trace does not break where this cloud keeps none.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { parseTraceContext, type TraceContext } from "@s4t/contract";
import { type Clock, isS4tError } from "@s4t/kit";
import type { EndedSpan, Traces } from "../ports/traces.ts";

/** A span that has begun; what is learnt of it meanwhile is added. */
export interface OpenSpan {
  readonly attributes: Record<string, string | number>;
  /** Code of the error that it ends with, where no error is thrown. */
  failed?: string;
  /** It was done for nobody who is known: that its trace is kept is not theirs to say. */
  isStrangers?: boolean;
  /** Whether it goes to a collector, as far as is known by now. */
  isKept(): boolean;
}

/** What a request says of its trace: header fields as they came. */
export interface CameWith {
  readonly traceparent: unknown;
  readonly tracestate: unknown;
}

export interface Tracing {
  /** Where the present work stands; undefined outside any trace. */
  present(): TraceContext | undefined;
  /** The same where spans of it are kept: who asks for what is done later hands it on. */
  kept(): TraceContext | undefined;
  /** The same as facts of a log line, by the names that OpenTelemetry has for logs that are no OTLP. */
  facts(): Readonly<Record<string, string>> | undefined;
  /** Does what was asked for from outside. `trace`: its own place; undefined where there is no trace. */
  request<T>(
    came: CameWith,
    name: string,
    work: (span: OpenSpan, trace: TraceContext | undefined) => Promise<T>,
  ): Promise<T>;
  /** Asks somebody else within the present trace. `trace`: what that one is told. */
  ask<T>(
    name: string,
    work: (span: OpenSpan, trace: TraceContext | undefined) => Promise<T>,
  ): Promise<T>;
  /** Adds a span that somebody else measured, where spans of this trace are kept. */
  add(span: EndedSpan): void;
}

export interface TracingDependencies {
  readonly clock: Clock;
  /** Undefined: spans go nowhere. */
  readonly traces: Traces | undefined;
  /** How many of a hundred requests that come without a trace begin one. */
  readonly percent: number;
  readonly random: () => number;
}

const newTraceId = (): string => randomBytes(16).toString("hex");
const newSpanId = (): string => randomBytes(8).toString("hex");

const codeOf = (error: unknown): string => (isS4tError(error) ? error.code : "internal");

/** Makes it. */
export const createTracing = ({ clock, traces, percent, random }: TracingDependencies): Tracing => {
  const places = new AsyncLocalStorage<TraceContext>();

  /** Does `work` as a span at `context`, and hands the span over once it is over. */
  const measured = async <T>(
    name: string,
    kind: EndedSpan["kind"],
    context: TraceContext,
    parent: string | undefined,
    work: (span: OpenSpan, trace: TraceContext) => Promise<T>,
  ): Promise<T> => {
    let isChosen: boolean | undefined;
    const isKept = (): boolean => {
      if (!span.isStrangers || parent === undefined) return true;
      isChosen ??= random() * 100 < percent;
      return isChosen;
    };
    const span: OpenSpan = { attributes: {}, isKept };
    const startMs = clock.now();
    const from = clock.monotonicMs();
    const end = (failed: string | undefined): void => {
      if (!isKept()) return;
      traces?.add({
        ...{ name, kind, context, parent, startMs, failed, by: "iotronic" },
        ...{ tookMs: clock.monotonicMs() - from, attributes: span.attributes },
      });
    };
    try {
      const result = await places.run(context, () => work(span, context));
      end(span.failed);
      return result;
    } catch (error) {
      end(codeOf(error));
      throw error;
    }
  };
  const unmeasured: OpenSpan = { attributes: {}, isKept: () => false };

  return {
    present: () => places.getStore(),
    kept() {
      const place = traces && places.getStore();
      return place?.sampled ? place : undefined;
    },
    facts() {
      const place = places.getStore();
      return place && { trace_id: place.traceId, span_id: place.spanId };
    },
    request(came, name, work) {
      const outer = parseTraceContext(came.traceparent, came.tracestate);
      if (outer && !(traces && outer.sampled))
        return places.run(outer, () => work({ ...unmeasured }, outer));
      if (outer)
        return measured(name, "server", { ...outer, spanId: newSpanId() }, outer.spanId, work);
      if (!traces || random() * 100 >= percent) return work({ ...unmeasured }, undefined);
      const first = { traceId: newTraceId(), spanId: newSpanId(), sampled: true };
      return measured(name, "server", first, undefined, work);
    },
    ask(name, work) {
      const place = places.getStore();
      if (!place || !traces || !place.sampled) return work({ ...unmeasured }, place);
      return measured(name, "client", { ...place, spanId: newSpanId() }, place.spanId, work);
    },
    add(span) {
      if (span.context.sampled) traces?.add(span);
    },
  };
};

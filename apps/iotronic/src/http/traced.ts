// A request within its trace, the same for every API that this server speaks.
import { type TraceContext, traceparentOf } from "@s4t/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { OpenSpan, Tracing } from "../edge/trace.ts";
import { headerOf } from "./parse.ts";

/** Where an answer stands in its trace, for who asked: as `traceparent`, by the name that Trace Context, Level 2 has in its draft. */
export const TRACE_HEADER = "traceresponse";

/** What an edge says of a request while it is answered. Outside any trace it says it to nobody. */
export class Told {
  readonly #span: OpenSpan | undefined;
  readonly #trace: TraceContext | undefined;

  constructor(span?: OpenSpan, trace?: TraceContext) {
    this.#span = span;
    this.#trace = trace;
  }

  /** Who asks is somebody whom we know: until then that a trace is kept is not theirs to say. */
  known(): void {
    if (this.#span) this.#span.isStrangers = false;
  }

  /** The path that it came to, as the routes have it. */
  route(path: string): void {
    if (this.#span) this.#span.attributes["http.route"] = path;
  }

  /** Before the answer leaves: who asks is told where that stands, and that it is kept only where it is. */
  answer(reply: FastifyReply): void {
    if (this.#span && this.#trace)
      reply.header(TRACE_HEADER, traceparentOf({ ...this.#trace, sampled: this.#span.isKept() }));
  }
}

/** Answers a request within the trace that it came with, or one of its own. */
export const traced = (
  tracing: Tracing,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  answer: (told: Told) => Promise<FastifyReply>,
): Promise<FastifyReply> =>
  tracing.request(
    { traceparent: request.headers.traceparent, tracestate: headerOf(request, "tracestate") },
    name,
    async (span, trace) => {
      if (!trace) return answer(new Told());
      span.isStrangers = true;
      const sent = await answer(new Told(span, trace));
      span.attributes["http.request.method"] = request.method;
      span.attributes["http.response.status_code"] = reply.statusCode;
      if (reply.statusCode >= 500) span.failed = String(reply.statusCode);
      return sent;
    },
  );

// Where spans go: what was done for a request, when, and how long it took, for whoever collects traces of a whole installation.
import type { TraceContext } from "@s4t/contract";
import type { Part } from "@s4t/kit";

/** A piece of work that is over. */
export interface EndedSpan {
  readonly name: string;
  /** Which program did it: this cloud, or the agent of a board. */
  readonly by: "iotronic" | "lightning-rod";
  /**
   * `server`: it was asked for from outside; `client`: it asked; `internal`: neither. Of what is fetched later: `producer` had it
   * ready, `consumer` did it.
   */
  readonly kind: "server" | "client" | "internal" | "producer" | "consumer";
  readonly context: TraceContext;
  /** Span id of what asked for it; undefined: the trace began here. */
  readonly parent: string | undefined;
  /** UTC, ms. */
  readonly startMs: number;
  readonly tookMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Code of the error that it ended with; undefined: it went well. */
  readonly failed: string | undefined;
}

/** Takes spans. */
export interface Traces extends Part {
  /** Hands one over and returns at once: it is sent later, with others, or lost where nobody takes it. */
  add(span: EndedSpan): void;
}

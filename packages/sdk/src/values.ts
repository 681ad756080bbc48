// A range of measured values however long it is: one answer of the cloud holds so many, so it is asked for stretch by stretch.
import { fail, MAX_RANGE_POINTS, type Range } from "@s4t/contract";
import type { Client } from "./client.ts";

/** Values that a stretch is expected to hold: an answer with more of them may have joined some to fit, one with fewer has not. */
const MOST_EXPECTED = MAX_RANGE_POINTS / 2;
/** Shortest stretch: no board measures thousands of times a second. */
const SHORTEST_STRETCH_MS = 1_000;

/** What is exported. */
export interface ExportedRange {
  /** Board id or name. */
  readonly board: string;
  readonly series: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly project?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All values of a range in the finest form that the cloud keeps: raw ones, means of a minute where those are gone. One
 * {@link Range} a stretch, in order; stretches without any value are left out. What a board dropped is counted in each stretch
 * that it touches: ask for the whole range once to know how much that was. Throws `series.not-found`.
 *
 * @example
 * const toMs = Date.now();
 * for await (const { at, mean } of exportValues(client, { board: "lamp-7", series: "cpu.load1", fromMs: toMs - 864e5, toMs }))
 *   console.log(at.length, mean[0]);
 */
export async function* exportValues(
  client: Client,
  { board, series, fromMs, toMs, project, signal }: ExportedRange,
): AsyncGenerator<Range, void, undefined> {
  const common = { params: { uuid: board }, project, signal };
  const { items } = await client.observations.series(common);
  const of = items.find(({ name }) => name === series);
  if (!of) throw fail("series.not-found");
  let stretchMs = MOST_EXPECTED * of.periodS * 1_000;
  for (let at = fromMs; at < toMs; ) {
    const end = Math.min(toMs, at + stretchMs);
    const [from, to] = [at, end].map((ms) => new Date(ms).toISOString());
    const query = { series, from: from ?? "", to, points: MAX_RANGE_POINTS };
    const range = await client.observations.range({ ...common, query });
    if (range.at.length > MOST_EXPECTED && end - at > SHORTEST_STRETCH_MS) {
      // The board measured more often than it says now: neighbours may have been joined to fit.
      stretchMs = Math.max(SHORTEST_STRETCH_MS, Math.floor(stretchMs / 2));
      continue;
    }
    if (range.at.length > 0 || range.dropped > 0 || range.damagedDays) yield range;
    at = end;
  }
}

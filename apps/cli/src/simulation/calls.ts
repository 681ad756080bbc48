// Calls to boards by chance, as many a second as asked for, whether those before have been answered or not: a cloud that slows down
// is not asked less.
import { type Clock, createSpread, isS4tError, type SpreadFigures, sleep } from "@s4t/kit";
import type { Client } from "@s4t/sdk";

/** Most calls under way: beyond them one is left out and counted, so that a cloud that hangs does not fill this program. */
export const MAX_CALLS_UNDER_WAY = 500;
/** How long a call may take, in seconds. */
const waitS = 10;

export interface CallFigures {
  /** A second, answered by their board. */
  readonly perSecond: number;
  readonly answered: SpreadFigures;
  /** Calls that failed, by code; those to boards that were away are `board.offline`. */
  readonly failed: Readonly<Record<string, number>>;
}

export interface Calling {
  figures(): CallFigures;
}

export interface CallsOptions {
  readonly boards: readonly { readonly uuid: string }[];
  readonly perSecond: number;
  readonly random: () => number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Starts to call; ends with the signal. */
export const startCalls = (
  client: Client,
  { boards, perSecond, random, clock, signal }: CallsOptions,
): Calling => {
  const answered = createSpread();
  const failed: Record<string, number> = {};
  const startedMs = clock.monotonicMs();
  let underWay = 0;
  const fail = (code: string): void => {
    failed[code] = (failed[code] ?? 0) + 1;
  };
  const call = async (): Promise<void> => {
    const uuid = boards[Math.floor(random() * boards.length)]?.uuid ?? "";
    const fromMs = clock.monotonicMs();
    underWay += 1;
    try {
      const { status, problem } = await client.boards.ping({
        ...{ params: { uuid }, body: {}, wait: waitS, signal },
      });
      if (status === "done") answered.add(clock.monotonicMs() - fromMs);
      else fail(problem?.code ?? status);
    } catch (error) {
      if (!signal.aborted) fail(isS4tError(error) ? error.code : "internal");
    } finally {
      underWay -= 1;
    }
  };
  const go = async (): Promise<void> => {
    for (;;) {
      await sleep(clock, (-Math.log(1 - random()) * 1_000) / perSecond, signal);
      if (underWay < MAX_CALLS_UNDER_WAY) void call();
      else fail("not-sent");
    }
  };
  if (perSecond > 0 && boards.length > 0) go().catch(() => {}); // it ends with the signal
  return {
    figures: () => {
      const figures = answered.figures();
      const seconds = (clock.monotonicMs() - startedMs) / 1_000;
      return { perSecond: figures.count / seconds, answered: figures, failed: { ...failed } };
    },
  };
};

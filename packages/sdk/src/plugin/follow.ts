// Follows what a plugin writes on a board: by the live topic, from what the board keeps on. A gap in the numbers, or a break of the
// line, is closed by what is kept; what is not there any more is counted.
import { isRetryable, PLUGIN_LINES_KEPT, type PluginLine } from "@s4t/contract";
import { isS4tError, sleep, systemClock } from "@s4t/kit";
import type { Client } from "../client.ts";
import type { Events } from "../events.ts";
import { createLineOrder, type LineOrderOptions } from "./line-order.ts";

/** Between two tries to read what a board keeps that is away, or has the plugin not yet. */
const AGAIN_MS = 1_500;

/** What to follow, and who hears it. */
export interface FollowLinesOptions extends LineOrderOptions {
  readonly board: string;
  readonly plugin: string;
  readonly project?: string | undefined;
  readonly signal: AbortSignal;
  readonly onLine: (line: PluginLine) => void;
}

/**
 * Tells each line once and in order, until the signal aborts. Rejects when the lines may not be seen, or are of nothing that is
 * there.
 *
 * @example
 * await followPluginLines(client, connectEvents({ url, auth }), {
 *   board, plugin: "logger", start: { count: 100 }, signal,
 *   onLine: ({ text }) => console.log(text),
 *   onSkipped: (count) => console.warn(`${count} lines skipped`),
 * });
 */
export const followPluginLines = async (
  client: Pick<Client, "injections">,
  events: Pick<Events, "subscribe">,
  options: FollowLinesOptions,
): Promise<void> => {
  const { board, plugin, project, signal } = options;
  const order = createLineOrder(options);
  let hasBegun = false;
  let isWanted = false;
  let isReading = false;
  let refuse: (error: unknown) => void = () => {};
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  refused.catch(() => {}); // it may come after the end

  const readOnce = async (): Promise<void> => {
    try {
      const params = { uuid: board, plugin };
      const query = { count: PLUGIN_LINES_KEPT };
      order.hold();
      const { lines } = await client.injections.lines({ params, query, signal });
      hasBegun = true;
      order.kept(lines);
    } catch (error) {
      // What began goes on when the board, the cloud or the plugin is back.
      const isAway = isRetryable(error) || isS4tError(error, "plugin.not-injected");
      if (signal.aborted || !hasBegun || !isAway) throw error;
      isWanted = true;
      await sleep(systemClock, AGAIN_MS, signal);
    }
  };
  const readWanted = async (): Promise<void> => {
    isReading = true;
    try {
      while (isWanted) {
        isWanted = false;
        await readOnce();
      }
    } catch (error) {
      refuse(error);
    } finally {
      isReading = false;
    }
  };
  const read = (): void => {
    isWanted = true;
    if (!isReading) void readWanted();
  };

  const subscription = events.subscribe(`lines:${board}/${plugin}`, {
    project,
    // Each time the line is there anew, what was missed meanwhile is read.
    onSnapshot: read,
    onChange: ({ lines }) => {
      if (order.live(lines)) read();
    },
    onError: refuse,
  });
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([aborted, refused]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    subscription.close();
  }
};

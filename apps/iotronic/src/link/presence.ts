// Comings and goings are known at once and stored in batches: a storm of ten thousand joins must not be ten thousand commits.
import type { Clock, Log } from "@s4t/kit";
import type { LinkHost, PresenceEvent } from "../edge/link.ts";

/** How long comings and goings are gathered before they are stored. */
export const PRESENCE_BATCH_MS = 100;
/** Most of them in one transaction. */
export const MAX_PRESENCE_BATCH = 500;

/** How long what could not be stored waits for the next try. */
export const PRESENCE_RETRY_MS = 1_000;
/** Most events that wait while the database is away; beyond it only the last of each board is kept. */
export const MAX_WAITING_PRESENCE = 50_000;

export interface Presence {
  note(event: PresenceEvent): void;
  /** Stores what waits; resolves when nothing does. */
  flush(): Promise<void>;
  /** How many are not stored yet, what is being stored among them. */
  waiting(): number;
}

/** Only the last event of each board, in order. */
const lastOfEach = (events: readonly PresenceEvent[]): PresenceEvent[] => {
  const last = new Map<string, PresenceEvent>();
  for (const event of events) {
    last.delete(event.board.uuid);
    last.set(event.board.uuid, event);
  }
  return [...last.values()];
};

export const createPresence = (host: LinkHost, clock: Clock, log: Log): Presence => {
  let waiting: PresenceEvent[] = [];
  let underWay = 0;
  let timer: { cancel(): void } | undefined;
  let storing: Promise<void> = Promise.resolve();

  const arm = (delayMs: number): void => {
    timer ??= clock.after(delayMs, () => void flush());
  };

  const store = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_PRESENCE_BATCH);
      waiting = waiting.slice(batch.length);
      underWay = batch.length;
      try {
        await host.storePresence(batch);
      } catch (error) {
        // The database is away. What boards do goes on; what is stored catches up when it is back.
        waiting = [...batch, ...waiting];
        if (waiting.length > MAX_WAITING_PRESENCE) waiting = lastOfEach(waiting);
        log.warn("Presence could not be stored yet", { events: waiting.length, error });
        arm(PRESENCE_RETRY_MS);
        return;
      } finally {
        underWay = 0;
      }
    }
  };

  const flush = (): Promise<void> => {
    timer?.cancel();
    timer = undefined;
    storing = storing.then(store);
    return storing;
  };

  return {
    note(event) {
      waiting.push(event);
      arm(PRESENCE_BATCH_MS);
    },
    flush,
    waiting: () => waiting.length + underWay,
  };
};

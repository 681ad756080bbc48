// Comings and goings are known at once and stored in batches: a storm of ten thousand joins must not be ten thousand commits.
import type { Clock, Log } from "@s4t/kit";
import type { LinkHost, PresenceEvent } from "../edge/link.ts";

/** How long comings and goings are gathered before they are stored. */
export const PRESENCE_BATCH_MS = 100;
/** Most of them in one transaction. */
export const MAX_PRESENCE_BATCH = 500;

export interface Presence {
  note(event: PresenceEvent): void;
  /** Stores what waits; resolves when nothing does. */
  flush(): Promise<void>;
}

export const createPresence = (host: LinkHost, clock: Clock, log: Log): Presence => {
  let waiting: PresenceEvent[] = [];
  let timer: { cancel(): void } | undefined;
  let storing: Promise<void> = Promise.resolve();

  const store = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_PRESENCE_BATCH);
      waiting = waiting.slice(batch.length);
      try {
        await host.storePresence(batch);
      } catch (error) {
        // The database is away: what is stored may be old, what boards do is not. Each join writes the whole truth again.
        log.warn("Presence could not be stored", { boards: batch.length, error });
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
      timer ??= clock.after(PRESENCE_BATCH_MS, () => void flush());
    },
    flush,
  };
};

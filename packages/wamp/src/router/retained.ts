// The last event of a topic that its publisher wants kept, for whoever follows the topic later and asks for it (WAMP: Event Retention).
import type { Dict, Payload } from "../messages/message.ts";
import { opened } from "../messages/payload.ts";
import { ownPayload, roughBytes } from "../messages/values.ts";
import { MAX_BUFFERED_BYTES } from "../transport.ts";
import { type MatchPolicy, matchesUri } from "../uri.ts";
import type { EventFilter } from "./event-filter.ts";

/** What the kept events of a realm may have together, roughly: who asks for all of them at once must be able to take them. */
export const MAX_RETAINED_BYTES = MAX_BUFFERED_BYTES;
/** Kept events that one subscription to a pattern is given: more would be its own flood. */
export const MAX_RETAINED_FOR_ONE = 1_000;

/** One kept event. */
export interface RetainedEvent {
  readonly topic: string;
  readonly publication: number;
  readonly payload: Payload;
  /** What everybody is told of its publisher. */
  readonly publisher: Dict | undefined;
  /** Who may have it, as its publisher said. */
  readonly filter: EventFilter | undefined;
}

/** The kept events of a realm: one a topic, so many topics. */
export class Retained {
  readonly #most: number;
  readonly #events = new Map<string, RetainedEvent & { readonly bytes: number }>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#events.size;
  }

  /** A kept event to be, or undefined where there is no room for it. */
  weigh(topic: string, payload: Payload): { payload: Payload; bytes: number } | undefined {
    const { args, kwargs } = opened(payload);
    const bytes = roughBytes(args) + roughBytes(kwargs);
    const before = this.#events.get(topic);
    const isRoom =
      (before !== undefined || this.#events.size < this.#most) &&
      this.#bytes - (before?.bytes ?? 0) + bytes <= MAX_RETAINED_BYTES;
    return isRoom ? { payload: ownPayload({ args, kwargs }), bytes } : undefined;
  }

  /** Keeps it in the place of the one before. */
  keep(event: RetainedEvent & { readonly bytes: number }): void {
    this.#bytes += event.bytes - (this.#events.get(event.topic)?.bytes ?? 0);
    this.#events.set(event.topic, event);
  }

  /** Those that a new follower of the pattern asks for. */
  listMatches(pattern: string, match: MatchPolicy): readonly RetainedEvent[] {
    if (match === "exact") {
      const one = this.#events.get(pattern);
      return one ? [one] : [];
    }
    const found: RetainedEvent[] = [];
    for (const event of this.#events.values()) {
      if (found.length === MAX_RETAINED_FOR_ONE) break;
      if (matchesUri(pattern, match, event.topic)) found.push(event);
    }
    return found;
  }
}

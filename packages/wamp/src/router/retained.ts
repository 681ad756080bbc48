// The last event of a topic that its publisher wants kept, for whoever follows the topic later and asks for it (WAMP: Event Retention).
// WAMP names no way to clear one; as in MQTT (3.1.1, 3.3.1.3) an event to be kept that says nothing leaves nothing kept.
import type { Dict, Payload, Publish } from "../messages/message.ts";
import { opened } from "../messages/payload.ts";
import { ownPayload, ownText, roughBytes } from "../messages/values.ts";
import { MAX_BUFFERED_BYTES } from "../transport.ts";
import { type MatchPolicy, matchesUri } from "../uri.ts";
import { type EventFilter, filterBytes } from "./event-filter.ts";

/** What the kept events of a realm may have together, roughly: who asks for all of them at once must be able to take them. */
export const MAX_RETAINED_BYTES = MAX_BUFFERED_BYTES;
/** Kept events that one subscription to a pattern is given: more would be its own flood. */
export const MAX_RETAINED_FOR_ONE = 1_000;

/** The part of them, topics (rounded up) and bytes alike, that the sessions of one authid may have together, also when they are gone. */
export const RETAINED_SHARE = 1 / 2;
/** What a kept event takes beside its topic, arguments and lists, in bytes, roughly. */
const ENTRY_BYTES = 200;

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

/** Who kept it, and what it takes. */
interface Weight {
  readonly owner: string;
  readonly bytes: number;
}

/** The kept events of a realm: one a topic, so many topics. */
export class Retained {
  readonly #most: number;
  readonly #events = new Map<string, RetainedEvent & Weight>();
  /** Authid → what it has of them. */
  readonly #owners = new Map<string, { topics: number; bytes: number }>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#events.size;
  }

  /** A kept event to be, or undefined where there is no room for it, in all or for `owner`. What clears one always has room. */
  weigh(
    owner: string,
    message: Pick<Publish, "topic" | "options" | "args" | "kwargs" | "source">,
  ): ({ readonly payload: Payload } & Weight) | undefined {
    const { topic, options } = message;
    const { args, kwargs } = opened(message);
    if (isNothing({ args, kwargs })) return { owner, bytes: 0, payload: {} };
    const bytes =
      ENTRY_BYTES + 2 * topic.length + filterBytes(options) + roughBytes(args) + roughBytes(kwargs);
    const before = this.#events.get(topic);
    const own = this.#owners.get(owner) ?? { topics: 0, bytes: 0 };
    const ownBefore = before?.owner === owner ? before : undefined;
    const isRoom =
      this.#events.size + (before ? 0 : 1) <= this.#most &&
      this.#bytes - (before?.bytes ?? 0) + bytes <= MAX_RETAINED_BYTES &&
      own.topics + (ownBefore ? 0 : 1) <= Math.ceil(this.#most * RETAINED_SHARE) &&
      own.bytes - (ownBefore?.bytes ?? 0) + bytes <= MAX_RETAINED_BYTES * RETAINED_SHARE;
    return isRoom ? { owner, bytes, payload: ownPayload({ args, kwargs }) } : undefined;
  }

  /** Keeps it in the place of the one before; one that says nothing leaves none. */
  keep(event: RetainedEvent & Weight): void {
    const before = this.#events.get(event.topic);
    if (before) this.#count(before, -1);
    if (isNothing(event.payload)) {
      this.#events.delete(event.topic);
      return;
    }
    this.#count(event, 1);
    const topic = ownText(event.topic);
    this.#events.set(topic, { ...event, topic });
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

  #count({ owner, bytes }: Weight, sign: 1 | -1): void {
    const own = this.#owners.get(owner) ?? { topics: 0, bytes: 0 };
    own.topics += sign;
    own.bytes += sign * bytes;
    this.#bytes += sign * bytes;
    if (own.topics > 0) this.#owners.set(owner, own);
    else this.#owners.delete(owner);
  }
}

const isNothing = ({ args, kwargs }: Payload): boolean =>
  (args ?? []).length === 0 && Object.keys(kwargs ?? {}).length === 0;

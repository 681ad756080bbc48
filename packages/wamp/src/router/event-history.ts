// Events of the past, for whoever asks for them later (WAMP: Event History). Rules say of which topics, how many of them, how much and
// how long. In memory: a router that starts anew has none.
//
// Events that name sessions (`exclude`, `eligible`) are not kept: sessions are gone when somebody asks, and others have come. Lists of
// people and roles are heeded when somebody asks as they are when the event is sent. That a publisher does not hear its own
// event at once (`exclude_me`) says nothing of later. Events that are so deep that no peer would read them in an answer are not kept.
import { Bug, type Clock, MAX_JSON_DEPTH, type Timer } from "@s4t/kit";
import type { Dict, Payload, Publish } from "../messages/message.ts";
import { opened } from "../messages/payload.ts";
import { isNoDeeperThan, ownPayload, ownText, roughBytes } from "../messages/values.ts";
import type { MatchPolicy } from "../uri.ts";
import { isAbsent } from "./admission.ts";
import type { EventFilter } from "./event-filter.ts";
import { PatternTable } from "./pattern-table.ts";
import { coversPattern } from "./permissions.ts";

/** Events that are kept of a pattern where its rule names no number, and what they may have together, roughly. */
export const DEFAULT_HISTORY_EVENTS = 1_000;
export const DEFAULT_HISTORY_BYTES = 16 * 1024 * 1024;
/** How deep the arguments of a kept event lie: its answer is a message, a list of events, an event around them. */
export const MAX_PAST_DEPTH = MAX_JSON_DEPTH - 3;
/** The longest time that a timer can be set for. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Room of events that are gone is given back when there are so many, and as many as those that are left. */
const MAX_GONE = 1_024;

/** Events of which topics are kept, and how many: those in excess go, the oldest first. */
export interface HistoryRule {
  readonly uri: string;
  readonly match: MatchPolicy;
  /** Default {@link DEFAULT_HISTORY_EVENTS}. */
  readonly maxEvents?: number | undefined;
  /** Default {@link DEFAULT_HISTORY_BYTES}. An event that has more by itself is not kept. */
  readonly maxBytes?: number | undefined;
  /** How old they get; default: no limit. */
  readonly maxAgeMs?: number | undefined;
}

/** One event of the past. */
export interface PastEvent {
  readonly topic: string;
  readonly publication: number;
  /** When it was published: wall time, for people and queries. */
  readonly atMs: number;
  readonly payload: Payload;
  readonly bytes: number;
  /** What everybody was told of its publisher. */
  readonly told: Dict | undefined;
  /** Who may have it, as its publisher said. */
  readonly filter: EventFilter | undefined;
  /** For its age: a clock that never jumps. */
  readonly keptMs: number;
}

/** What is kept under one rule, in the order of its coming. */
class EventLog {
  readonly rule: HistoryRule;
  readonly #clock: Clock;
  readonly #events: (PastEvent | undefined)[] = [];
  /** The first that is not gone. */
  #first = 0;
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(rule: HistoryRule, clock: Clock) {
    this.rule = rule;
    this.#clock = clock;
  }

  add(event: PastEvent): void {
    const { maxEvents = DEFAULT_HISTORY_EVENTS, maxBytes = DEFAULT_HISTORY_BYTES } = this.rule;
    if (event.bytes > maxBytes) return;
    this.#events.push(event);
    this.#bytes += event.bytes;
    while (this.#events.length - this.#first > maxEvents || this.#bytes > maxBytes)
      this.#dropOldest();
    this.#dropExpired();
  }

  list(): readonly PastEvent[] {
    this.#dropExpired();
    return this.#events.slice(this.#first) as PastEvent[];
  }

  get size(): number {
    return this.#events.length - this.#first;
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#events.length = 0;
    this.#first = 0;
    this.#bytes = 0;
  }

  #dropOldest(): void {
    this.#bytes -= this.#events[this.#first]?.bytes ?? 0;
    this.#events[this.#first] = undefined;
    this.#first += 1;
    if (this.#first < MAX_GONE || 2 * this.#first < this.#events.length) return;
    this.#events.splice(0, this.#first);
    this.#first = 0;
  }

  /** Also by itself, where nobody publishes or asks any more: what is too old is not only not told, it is gone. */
  #dropExpired(): void {
    const { maxAgeMs } = this.rule;
    if (maxAgeMs === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    let oldest = this.#events[this.#first];
    while (oldest && nowMs - oldest.keptMs >= maxAgeMs) {
      this.#dropOldest();
      oldest = this.#events[this.#first];
    }
    if (!oldest || this.#timer) return;
    const leftMs = Math.min(MAX_TIMER_MS, oldest.keptMs + maxAgeMs - nowMs);
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(leftMs)), () => {
      this.#timer = undefined;
      this.#dropExpired();
    });
  }
}

/** The kept events of a realm. */
export class EventHistory {
  readonly rules: readonly HistoryRule[];
  readonly #clock: Clock;
  readonly #logs: readonly EventLog[];
  readonly #table = new PatternTable<EventLog>();

  constructor(rules: readonly HistoryRule[], clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    this.#logs = rules.map((rule) => new EventLog(rule, clock));
    for (const log of this.#logs) {
      const { uri, match } = log.rule;
      if (this.#table.get(uri, match)) throw new Bug(`two rules keep the events of ${uri}`);
      this.#table.set(uri, match, log);
    }
  }

  /** Keeps an event under each rule that its topic falls under. `told` and `filter` are what its publisher disclosed, and to whom. */
  record(
    message: Pick<Publish, "topic" | "options"> & Payload,
    publication: number,
    told: Dict | undefined,
    filter: EventFilter | undefined,
  ): void {
    const { topic, options } = message;
    const logs = this.#table.listMatches(topic);
    const namesSessions = !isAbsent(options.exclude) || !isAbsent(options.eligible);
    if (logs.length === 0 || namesSessions) return;
    const { args, kwargs } = opened(message);
    if (!isNoDeeperThan(MAX_PAST_DEPTH, args) || !isNoDeeperThan(MAX_PAST_DEPTH, kwargs)) return;
    const payload = ownPayload({ args, kwargs });
    const event: PastEvent = {
      ...{ topic: ownText(topic), publication, payload, told, filter },
      atMs: this.#clock.now(),
      keptMs: this.#clock.monotonicMs(),
      bytes: 100 + roughBytes(payload.args) + roughBytes(payload.kwargs),
    };
    for (const log of logs) log.add(event);
  }

  /** Events among which all are that a pattern matches, oldest first; undefined where no rule keeps them all. */
  list(pattern: string, match: MatchPolicy): readonly PastEvent[] | undefined {
    const log =
      this.#table.get(pattern, match) ??
      this.#logs.find(({ rule }) => coversPattern(rule, pattern, match));
    return log?.list();
  }

  /** Events that are kept; one that falls under two rules counts twice. */
  get size(): number {
    return this.#logs.reduce((sum, { size }) => sum + size, 0);
  }

  clear(): void {
    for (const log of this.#logs) log.clear();
  }
}

// Events of the past, page by page (WAMP: Event History).
import type { Dict } from "../messages/message.ts";
import type { Caller, ClientSession, Subscription } from "./client-session.ts";
import { disclosedIn, trustLevelIn } from "./wire-options.ts";

/** Which events of the past; all that is said has to hold. */
export interface PastEventsOptions {
  /** Not before, only after, only before, not after this time. */
  readonly from?: Date;
  readonly after?: Date;
  readonly before?: Date;
  readonly until?: Date;
  /** The same by publications; one that is not kept (any more) is `wamp.error.invalid_argument`. */
  readonly fromPublication?: number;
  readonly afterPublication?: number;
  readonly beforePublication?: number;
  readonly untilPublication?: number;
  /** Of a pattern: events of this topic alone. */
  readonly topic?: string;
  /** The latest first; default: the oldest. */
  readonly reverse?: boolean;
  /** How many are asked for at once; the router may answer with fewer. Default: as many as it gives. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

/** An event of the past. */
export interface PastIncomingEvent {
  readonly topic: string;
  readonly publication: number;
  /** When it was published. */
  readonly at: Date;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly publisher: Caller | undefined;
  readonly trustLevel: number | undefined;
}

/** An event as the router tells it. */
interface Told {
  readonly timestamp: string;
  readonly publication: number;
  readonly details: Dict;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

const timeOf = (time: Date | undefined): string | undefined => time?.toISOString();

/**
 * The events that the router keeps of what `subscription` matches. Throws `wamp.error.history_unavailable` where it keeps none, and
 * `wamp.error.not_authorized` where this session may not have them.
 *
 * @example
 * const subscription = await session.subscribe("com.example.rain", onRain);
 * for await (const { at, args } of pastEvents(session, subscription, { after: lastSeen })) show(at, args);
 */
export async function* pastEvents(
  session: Pick<ClientSession, "call">,
  subscription: Pick<Subscription, "id" | "topic">,
  options: PastEventsOptions = {},
): AsyncGenerator<PastIncomingEvent, void> {
  const { reverse = false, signal } = options;
  const asked: Record<string, unknown> = {
    ...{ reverse, limit: options.pageSize, topic: options.topic },
    from_time: timeOf(options.from),
    after_time: timeOf(options.after),
    before_time: timeOf(options.before),
    until_time: timeOf(options.until),
    from_publication: options.fromPublication,
    after_publication: options.afterPublication,
    before_publication: options.beforePublication,
    until_publication: options.untilPublication,
  };
  for (;;) {
    const kwargs = Object.fromEntries(Object.entries(asked).filter(([, one]) => one !== undefined));
    const page = await session.call("wamp.subscription.get_events", {
      ...{ args: [subscription.id], kwargs },
      ...(signal ? { signal } : {}),
    });
    const told = page.args as readonly Told[];
    for (const { timestamp, publication, details, args = [], kwargs: named = {} } of told)
      yield {
        ...{ publication, args, kwargs: named, at: new Date(timestamp) },
        topic: typeof details.topic === "string" ? details.topic : subscription.topic,
        publisher: disclosedIn(details, "publisher"),
        trustLevel: trustLevelIn(details),
      };
    const last = told.at(-1);
    if (!last || page.kwargs.is_limit_reached !== true) return;
    asked[reverse ? "before_publication" : "after_publication"] = last.publication;
    // It lies behind, and may be gone by then.
    asked[reverse ? "until_publication" : "from_publication"] = undefined;
  }
}

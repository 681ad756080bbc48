// `wamp.subscription.get_events` (WAMP: Event History): events of the past that a subscription matches. Whoever may call it and follow
// that pattern may have them; it need not follow it now.
import { WampError, wampErrors } from "../error.ts";
import { isId } from "../ids.ts";
import type { Dict, Payload } from "../messages/message.ts";
import { matchesUri } from "../uri.ts";
import type { Admission } from "./admission.ts";
import { type Broker, eventDetailsOf } from "./broker.ts";
import type { EventHistory, PastEvent } from "./event-history.ts";
import type { Member, Refusal } from "./member.ts";
import type { MetaProcedure } from "./meta-api.ts";
import type { Subscription } from "./subscription.ts";

/** Events of one answer, whatever `limit` says, and what they may have together, roughly: it has to fit into a frame. */
export const MAX_PAST_EVENTS = 1_000;
export const MAX_PAST_BYTES = 512 * 1024;

/** What is asked for; all that is said has to hold. */
interface Query {
  readonly limit: number;
  readonly reverse: boolean;
  readonly topic: string | undefined;
  readonly isWithin: (atMs: number) => boolean;
  /** Publications that mark where it begins or ends. */
  readonly marks: Readonly<Record<(typeof markNames)[number], number | undefined>>;
}

const markNames = [
  ...(["from_publication", "after_publication"] as const),
  ...(["before_publication", "until_publication"] as const),
];

const wrong = (name: string, is: string): WampError =>
  new WampError(wampErrors.invalidArgument, `${name} is not ${is}.`);

const rfc3339 = /^\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d(?:\.\d+)?(?:z|[+-]\d\d:\d\d)$/i;

const timeOf = (kwargs: Dict, name: string, otherwise: number): number => {
  const given = kwargs[name] ?? undefined;
  if (given === undefined) return otherwise;
  const ms = typeof given === "string" && rfc3339.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(ms)) throw wrong(name, "a time as RFC 3339 has it");
  return ms;
};

const readQuery = ({ args, kwargs = {} }: Payload): Query => {
  // Crossbar has the limit behind the subscription.
  const limit = kwargs.limit ?? args?.[1] ?? MAX_PAST_EVENTS;
  if (!isId(limit)) throw wrong("limit", "a whole number from 1");
  const reverse = kwargs.reverse ?? false;
  if (typeof reverse !== "boolean") throw wrong("reverse", "true or false");
  const topic = kwargs.topic ?? undefined;
  if (topic !== undefined && typeof topic !== "string") throw wrong("topic", "a URI");
  const fromMs = timeOf(kwargs, "from_time", Number.NEGATIVE_INFINITY);
  const afterMs = timeOf(kwargs, "after_time", Number.NEGATIVE_INFINITY);
  const beforeMs = timeOf(kwargs, "before_time", Number.POSITIVE_INFINITY);
  const untilMs = timeOf(kwargs, "until_time", Number.POSITIVE_INFINITY);
  const marks = Object.fromEntries(
    markNames.map((name) => {
      const mark = kwargs[name] ?? undefined;
      if (mark !== undefined && !isId(mark)) throw wrong(name, "the id of a publication");
      return [name, mark];
    }),
  ) as Query["marks"];
  return {
    ...{ reverse, topic, marks, limit: Math.min(limit, MAX_PAST_EVENTS) },
    isWithin: (atMs) => atMs >= fromMs && atMs > afterMs && atMs < beforeMs && atMs <= untilMs,
  };
};

/** What lies between the marks. One that is not there, or not there any more, is an error: an answer without it would have gaps. */
const between = (events: readonly PastEvent[], marks: Query["marks"]): readonly PastEvent[] => {
  const at = (name: keyof Query["marks"], otherwise: number): number => {
    const mark = marks[name];
    if (mark === undefined) return otherwise;
    const found = events.findIndex(({ publication }) => publication === mark);
    if (found === -1) throw wrong(name, "a publication that is kept here");
    return found;
  };
  const first = Math.max(at("from_publication", 0), at("after_publication", -1) + 1);
  const end = Math.min(
    at("before_publication", events.length),
    at("until_publication", events.length - 1) + 1,
  );
  return events.slice(first, end);
};

const answer = (
  { limit, reverse, topic, isWithin, marks }: Query,
  visible: readonly PastEvent[],
  subscription: Subscription,
): Payload => {
  const found = between(visible, marks).filter(
    (event) => (topic === undefined || event.topic === topic) && isWithin(event.atMs),
  );
  if (reverse) found.reverse();
  const told: Dict[] = [];
  let bytes = 0;
  for (const event of found) {
    bytes += event.bytes;
    if (told.length === limit || (told.length > 0 && bytes > MAX_PAST_BYTES)) break;
    const { args, kwargs } = event.payload;
    told.push({
      timestamp: new Date(event.atMs).toISOString(),
      subscription: subscription.id,
      publication: event.publication,
      details: eventDetailsOf(subscription, event.topic, event.told),
      ...(args === undefined ? {} : { args }),
      ...(kwargs === undefined ? {} : { kwargs }),
    });
  }
  return { args: told, kwargs: { is_limit_reached: told.length < found.length } };
};

const refusal = (uri: string, message: string): Refusal => ({ uri, message });
const noSubscription = refusal(wampErrors.noSuchSubscription, "There is no such subscription.");
const noHistory = refusal(
  wampErrors.historyUnavailable,
  "Not all events that this subscription matches are kept here.",
);

/** The procedures of a realm that keeps events. */
export const historyProcedures = (
  broker: Broker,
  history: EventHistory,
  admit: Admission,
): Readonly<Record<string, MetaProcedure>> => ({
  "wamp.subscription.get_events": (payload: Payload, caller: Member) => {
    const id = payload.args?.[0];
    const subscription = isId(id) ? broker.byId(id) : undefined;
    if (!subscription) return noSubscription;
    const { pattern, match } = subscription;
    const refused = admit(caller, "subscribe", pattern, { match });
    if (refused) return refused;
    const kept = history.list(pattern, match);
    if (!kept) return noHistory;
    const visible = kept.filter(
      ({ topic, filter }) =>
        matchesUri(pattern, match, topic) && (filter === undefined || filter(caller)),
    );
    try {
      return answer(readQuery(payload), visible, subscription);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      return refusal(error.uri, error.message);
    }
  },
});

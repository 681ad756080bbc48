import { cloudProcedures, cloudUri, type ErrorCode, wampErrorOf } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { wampErrors } from "@s4t/wamp";
import type { Metrics } from "../edge/metrics.ts";
import { BACKLOG_PATH } from "./asked.ts";
import type { LinkCounts } from "./link.ts";

export interface LinkMetrics {
  /** Times a command: its outcome is `done` or the code that it failed with. */
  timed<T>(command: string, work: () => Promise<T>): Promise<T>;
  /** Times what a board asks for, by the URI that it called. */
  asked<T>(uri: string, work: () => Promise<T>): Promise<T>;
  /** A board joined, so long after it had begun to. */
  joined(seconds: number): void;
  /** A board's session ended. `reason`: a URI, of the other end as likely as not. */
  left(reason: string): void;
  hint(outcome: "answered" | "unanswered"): void;
  /** Somebody was not let in. */
  joinRefused(method: "cryptosign" | "ticket", code: ErrorCode): void;
  /** A board asked for what is not its own. `what`: as the audit has it, its kind first. */
  refused(what: string): void;
}

/** Kinds of refused requests that are told apart. */
const refusedKinds: ReadonlySet<string> = new Set([
  ...["call", "register", "publish", "subscribe"],
  ...["link.join", "report.append", "blob.ticket"],
]);

/** Ends of sessions that are told apart; whatever else somebody may say is one. */
const reasons: ReadonlySet<string> = new Set([
  ...Object.values(wampErrors),
  wampErrorOf("link.superseded"),
  wampErrorOf("link.revoked"),
]);
/** What boards may ask for, by URI. */
const askedNames: ReadonlyMap<string, string> = new Map([
  ...Object.values(cloudProcedures).map((each) => [cloudUri(each), each.name] as const),
  [BACKLOG_PATH, "backlog over HTTP"],
]);

const countMetrics = (metrics: Metrics, counts: () => LinkCounts): void => {
  metrics.gauge(
    { name: "s4t_link_sessions", help: "Boards that are connected to this cloud now" },
    () => counts().boards,
  );
  metrics.total(
    {
      name: "s4t_link_joins_total",
      help: "Sessions that were opened on the link, by boards and to enrol",
    },
    () => counts().joined,
  );
  metrics.gauge(
    {
      name: "s4t_link_joins_under_way",
      help: "Boards that have begun to join and are not through",
    },
    () => counts().underWay,
  );
  metrics.total(
    {
      name: "s4t_link_joins_put_off_total",
      help: "Connections that were told to come again later, since too many joins were under way",
    },
    () => counts().putOff,
  );
  metrics.gauge(
    {
      name: "s4t_link_waiting_presence",
      help: "Comings and goings of boards that are not stored yet: above 0 for seconds means that the database is away or slow",
    },
    () => counts().waitingPresence,
  );
  metrics.gauge(
    {
      name: "s4t_link_come_again_seconds",
      help: "How far ahead the moment lies that was last given to a board that was to come again: how long a storm still lasts",
    },
    () => counts().comeAgainMs / 1_000,
  );
  metrics.total(
    {
      name: "s4t_link_unknown_messages_total",
      help: "Messages of kinds that this version does not know: of newer or foreign agents",
    },
    () => counts().unknownMessages,
  );
  metrics.total(
    {
      name: "s4t_link_protocol_violations_total",
      help: "Sessions that were ended because what they said was no WAMP",
    },
    () => counts().protocolViolations,
  );
};

/** What the link measures. `counts`: what it has counted so far. */
export const linkMetrics = (
  metrics: Metrics,
  monotonicMs: () => number,
  counts: () => LinkCounts,
): LinkMetrics => {
  countMetrics(metrics, counts);
  const commands = metrics.durations({
    name: "s4t_command_duration_seconds",
    help: "Commands to boards until their answer, by command and by outcome: done, or the error's code",
    labels: ["command", "outcome"],
  });
  const requests = metrics.durations({
    name: "s4t_board_request_duration_seconds",
    help: "What boards ask for over the link, and their backlogs over HTTP, by procedure and by outcome: done, or the error's code",
    labels: ["procedure", "outcome"],
  });
  const joins = metrics.durations({
    name: "s4t_link_join_duration_seconds",
    help: "From a board's asking for a connection to its session",
  });
  const leaves = metrics.counter({
    name: "s4t_link_leaves_total",
    help: "Sessions of boards that ended, by reason: wamp.error.network_failure are those that were lost",
    labels: ["reason"],
  });
  const hints = metrics.counter({
    name: "s4t_link_hints_total",
    help: "Hints to boards whose target or jobs changed: answered, or unanswered (given again later)",
    labels: ["outcome"],
  });
  const joinsRefused = metrics.counter({
    name: "s4t_link_joins_refused_total",
    help: "Joins and enrolments that were refused, by the code: link.revoked is a key that is not known or withdrawn, link.version an agent that is newer than this cloud",
    labels: ["method", "code"],
  });
  const refused = metrics.counter({
    name: "s4t_link_refused_total",
    help: "What boards asked for that is not their own, by its kind: a call, a registration, a subscription or publication, an id of another in a report or for a blob, and (link.join) who said to be a board and is not",
    labels: ["what"],
  });
  const timing = async <T>(
    note: (outcome: string, seconds: number) => void,
    work: () => Promise<T>,
  ): Promise<T> => {
    const from = monotonicMs();
    const end = (outcome: string) => note(outcome, (monotonicMs() - from) / 1_000);
    try {
      const result = await work();
      end("done");
      return result;
    } catch (error) {
      end(isS4tError(error) ? error.code : "internal");
      throw error;
    }
  };
  return {
    timed: (command, work) =>
      timing((outcome, seconds) => commands.observe({ command, outcome }, seconds), work),
    asked(uri, work) {
      const procedure = askedNames.get(uri) ?? "other";
      return timing((outcome, seconds) => requests.observe({ procedure, outcome }, seconds), work);
    },
    joined: (seconds) => joins.observe({}, seconds),
    left: (reason) => leaves.add({ reason: reasons.has(reason) ? reason : "other" }),
    hint: (outcome) => hints.add({ outcome }),
    joinRefused: (by, code) =>
      joinsRefused.add({ method: by === "ticket" ? "enrolment" : "key", code }),
    refused(what) {
      const [kind = ""] = what.split(" ", 1);
      refused.add({ what: refusedKinds.has(kind) ? kind : "other" });
    },
  };
};

import { isS4tError } from "@s4t/kit";
import type { Metrics } from "../edge/metrics.ts";
import type { LinkCounts } from "./link.ts";

export interface LinkMetrics {
  /** Times a command: its outcome is `done` or the code that it failed with. */
  timed<T>(command: string, work: () => Promise<T>): Promise<T>;
}

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
  metrics.total(
    {
      name: "s4t_link_refused_total",
      help: "Calls, registrations, subscriptions and publications that a board was refused, and ids of others that it named",
    },
    () => counts().refused,
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
  return {
    async timed(command, work) {
      const from = monotonicMs();
      const note = (outcome: string) =>
        commands.observe({ command, outcome }, (monotonicMs() - from) / 1_000);
      try {
        const result = await work();
        note("done");
        return result;
      } catch (error) {
        note(isS4tError(error) ? error.code : "internal");
        throw error;
      }
    },
  };
};

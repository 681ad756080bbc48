// What a standalone router tells of itself, as Prometheus' text (format 0.0.4).
import type { Router } from "../../router/router.ts";

const label = (text: string): string =>
  text.replace(/[\\"\n]/g, (one) => (one === "\n" ? "\\n" : `\\${one}`));

const counters = {
  joined: "Sessions that joined.",
  refused: "Sessions that were refused.",
  protocolViolations: "Sessions that broke the protocol.",
  unknownMessages: "Messages of a type that is not known.",
} as const;
const gauges = {
  sessions: "Sessions that are open.",
  registrations: "Procedures and patterns on offer.",
  subscriptions: "Topics and patterns that are followed.",
  calls: "Calls without an answer yet.",
  retainedEvents: "Last events that are kept for who subscribes later.",
  pastEvents: "Events of the past that are kept.",
} as const;

const snake = (name: string): string => name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`);

/** The text; `connections` of each listener, by its name. */
export const metricsText = (
  router: Router,
  realms: readonly string[],
  connections: Readonly<Record<string, number>>,
): string => {
  const lines: string[] = [];
  const tell = (name: string, kind: string, help: string, values: readonly [string, number][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
  };
  const counts = router.counts();
  for (const [name, help] of Object.entries(counters))
    tell(`wamp_${snake(name)}_total`, "counter", help, [
      ["", counts[name as keyof typeof counters]],
    ]);
  for (const [name, help] of Object.entries(gauges))
    tell(
      `wamp_${snake(name)}`,
      "gauge",
      help,
      realms.map((realm) => [
        `{realm="${label(realm)}"}`,
        router.realmCounts(realm)?.[name as keyof typeof gauges] ?? 0,
      ]),
    );
  tell(
    "wamp_connections",
    "gauge",
    "Connections that are open.",
    Object.entries(connections).map(([name, count]) => [`{listener="${label(name)}"}`, count]),
  );
  const { user, system } = process.cpuUsage();
  tell("process_cpu_seconds_total", "counter", "CPU time.", [["", (user + system) / 1e6]]);
  const { rss } = process.memoryUsage();
  tell("process_resident_memory_bytes", "gauge", "Resident memory.", [["", rss]]);
  return `${lines.join("\n")}\n`;
};

// Lines of a plugin: the last ones, and those that come. Asked for again and again, so that it works wherever requests do; a line
// is printed once, by its number.
import { isS4tError, sleep, systemClock } from "@s4t/kit";
import type { PluginLine } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";

/** Between two looks while lines are followed. */
const FOLLOW_EVERY_MS = 300;
/** Lines that are shown unless said. */
const LINES_SHOWN = 100;

const colourOf: Readonly<Record<PluginLine["level"], (text: string) => string>> = {
  debug: pc.dim,
  info: (text) => text,
  warn: pc.yellow,
  error: pc.red,
  out: (text) => text,
  err: pc.yellow,
};

const show = ({ out }: Context, line: PluginLine): void => {
  if (out.json) out.raw(`${JSON.stringify(line)}\n`);
  else
    out.raw(
      `${pc.dim(new Date(line.atMs).toLocaleTimeString())} ${colourOf[line.level](`${line.level.padEnd(5)} ${line.text}`)}\n`,
    );
};

/** Codes of a plugin that cannot be asked for its lines for now. */
const awayCodes: ReadonlySet<string> = new Set([
  "board.offline",
  "cloud.unreachable",
  "plugin.not-ready",
]);

/** Number of the next line that a plugin writes; 0 where it is not on the board yet. */
export const nextLine = async (
  { client, signal }: Context,
  uuid: string,
  plugin: string,
): Promise<number> => {
  try {
    const query = { count: 1 };
    const { lines } = await client().injections.lines({ params: { uuid, plugin }, query, signal });
    return (lines.at(-1)?.seq ?? -1) + 1;
  } catch (error) {
    if (isS4tError(error, "plugin.not-injected") || isS4tError(error, "plugin.not-ready")) return 0;
    throw error;
  }
};

/** Prints lines as they come, until the signal aborts: after the last `count`, or from the one of a number on. */
export const followLines = async (
  context: Context,
  uuid: string,
  plugin: string,
  start: { readonly count: number } | { readonly from: number },
): Promise<void> => {
  const { injections } = context.client();
  const { signal } = context;
  let next = "from" in start ? start.from : undefined;
  while (!signal.aborted) {
    try {
      const wanted = next === undefined && "count" in start ? Math.max(1, start.count) : 1_000;
      const { lines } = await injections.lines({
        params: { uuid, plugin },
        query: { count: wanted },
        signal,
      });
      const last = lines.at(-1)?.seq ?? -1;
      // Numbers begin again with the agent.
      if (next !== undefined && last < next - 1) next = 0;
      const isNone = "count" in start && start.count === 0;
      const from = next ?? (isNone ? last + 1 : 0);
      for (const line of lines) if (line.seq >= from) show(context, line);
      next = last + 1;
      await sleep(systemClock, FOLLOW_EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const isAway = isS4tError(error) && awayCodes.has(error.code);
      if (!isAway || next === undefined) throw error;
      await sleep(systemClock, FOLLOW_EVERY_MS * 5, signal).catch(() => {});
    }
  }
};

/** Adds `logs`. */
export const addLines = (plugin: Command): void => {
  const logs = plugin
    .command("logs")
    .description("the last lines that a plugin wrote on a board")
    .argument("<board>", "id or name")
    .argument("<plugin>", "id or name")
    .option("--lines <n>", "how many", String(LINES_SHOWN))
    .option("-f, --follow", "and those that come");
  examples(logs, "plugin logs garibaldi-12 logger", "plugin logs garibaldi-12 logger --follow");
  run(logs, async (context, [uuid = "", name = ""], flags: { lines: string; follow?: boolean }) => {
    const count = Number(flags.lines);
    if (flags.follow === true) return followLines(context, uuid, name, { count });
    const { lines, dropped } = await context
      .client()
      .injections.lines({ params: { uuid, plugin: name }, query: { count } });
    if (context.out.json) return context.out.list(lines, [], "");
    for (const line of lines) show(context, line);
    if (lines.length === 0) context.out.note("It has written nothing.");
    if (dropped > 0) context.out.note(`${dropped} earlier lines are gone.`);
  });
};

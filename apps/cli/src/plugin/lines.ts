// Lines of a plugin: the last ones, and those that come; each is printed once, in order, and what is missing is said.
import { isS4tError } from "@s4t/kit";
import { followPluginLines, type PluginLine } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { openEvents } from "../events.ts";

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
  board: string,
  plugin: string,
  start: { readonly count: number } | { readonly from: number },
): Promise<void> => {
  const { out, signal } = context;
  const { events, ended } = openEvents(context);
  try {
    await Promise.race([
      ended,
      followPluginLines(context.client(), events, {
        ...{ board, plugin, start, signal, project: context.options.project },
        onLine: (line) => show(context, line),
        onSkipped: (count) => out.note(pc.yellow(`${count} lines skipped`)),
      }),
    ]);
  } finally {
    events.close();
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

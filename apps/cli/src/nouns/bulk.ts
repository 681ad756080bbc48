import { parseDurationMs, sleep, systemClock } from "@s4t/kit";
import {
  type Bulk,
  type BulkActionName,
  type BulkSelection,
  bulkActions,
  fail,
  hasEnded,
  type Operation,
  type OperationParts,
  type OperationState,
  type Preview,
  paginate,
} from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { csvLine } from "../csv.ts";
import { printOperation, requireSuccess } from "../operation.ts";
import { ageText, stateText } from "../output.ts";

/** How often a bulk operation that is followed is looked at: as often as its progress is written down. */
const lookMs = 500;

interface RunOptions {
  readonly fleet?: string;
  readonly board: string[];
  readonly with: string[];
  readonly body?: string;
  readonly waitFor?: string;
  readonly atOnce?: string;
  readonly perSecond?: string;
  readonly preview?: true;
  readonly detach?: true;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** `ping` → `board.ping`. */
const actionOf = (text: string): BulkActionName => {
  const name = text.includes(".") ? text : `board.${text}`;
  if (!Object.hasOwn(bulkActions, name))
    throw fail("request.invalid", {
      where: "action",
      because: `must be one of ${Object.keys(bulkActions).join(", ")}`,
    });
  return name as BulkActionName;
};

const numberOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text))
    throw fail("request.invalid", { where: name, because: "must be a number" });
  return Number(text);
};

const paramsOf = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const [name = "", value] = text.split(/=(.*)/s);
      if (value === undefined)
        throw fail("request.invalid", { where: "--with", because: "must be name=value" });
      return [name, value];
    }),
  );

const bodyOf = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fail("request.invalid", { where: "--body", because: "must be JSON" });
  }
};

const partsText = ({ total, ...states }: OperationParts): string => {
  const shown = Object.entries(states).filter(([, count]) => count > 0);
  return `${shown.map(([state, count]) => `${count} ${state}`).join(", ")} of ${total}`;
};

/** Follows it to its end, a line for each progress. */
const follow = async (context: Context, begun: Operation): Promise<Operation> => {
  const { client, out, signal } = context;
  let present = begun;
  let said = "";
  const say = (): void => {
    const text = present.parts ? partsText(present.parts) : "";
    if (text !== said && !out.json && !out.quiet) out.note(text);
    said = text;
  };
  for (say(); !hasEnded(present); say()) {
    try {
      await sleep(systemClock, lookMs, signal);
      present = await client().operations.show({ params: { uuid: begun.uuid } });
    } catch (error) {
      if (signal.aborted)
        out.note(
          `It goes on. Look: s4t bulk show ${begun.uuid}. End it: s4t op cancel ${begun.uuid}`,
        );
      throw error;
    }
  }
  return present;
};

const printPreview = ({ out }: Context, preview: Preview): void => {
  const names = (first: readonly string[], count: number): string =>
    `${first.join(", ")}${count > first.length ? ", …" : ""}`;
  out.thing(preview, [
    ...preview.effects.map(
      ({ action, count, first }) => [`${action}`, `${count}: ${names(first, count)}`] as const,
    ),
    ...preview.refusals.map(
      ({ code, count, first, sentence }) =>
        [pc.red(code), `${count}: ${names(first, count)} (${sentence})`] as const,
    ),
  ]);
};

const begin = async (
  context: Context,
  action: BulkActionName,
  selection: BulkSelection,
  options: Omit<RunOptions, "fleet" | "board">,
): Promise<void> => {
  const body = {
    ...{ action, selection },
    params: paramsOf(options.with),
    body: bodyOf(options.body),
    waitS:
      options.waitFor === undefined
        ? undefined
        : Math.ceil(parseDurationMs(options.waitFor) / 1_000),
    atOnce: numberOf("--at-once", options.atOnce),
    perSecond: numberOf("--per-second", options.perSecond),
  };
  const { bulk } = context.client();
  if (options.preview) return printPreview(context, await bulk.start.preview({ body }));
  if (action === "board.retire" || action === "board.reboot") {
    const { effects } = await bulk.start.preview({ body });
    const count = effects.reduce((sum, each) => sum + each.count, 0);
    await context.confirm(`This does ${action} with ${count} boards.`, String(count));
  }
  // A network that repeats the request must not make the boards do it twice.
  const begun = await bulk.start({ body, idempotencyKey: crypto.randomUUID() });
  if (options.detach) return printOperation(context.out, begun);
  const ended = await follow(context, begun);
  printOperation(context.out, ended);
  requireSuccess(ended);
};

const addPace = (command: Command): Command =>
  command
    .option(
      "--wait-for <duration>",
      "how long commands wait for boards that are away; not at all unless said",
    )
    .option("--at-once <n>", "boards at their turn together; 16 unless said")
    .option("--per-second <n>", "boards a second at most")
    .option("--preview", "say what it would do, and change nothing")
    .option("--detach", "do not wait for its end");

const addRun = (bulk: Command): void => {
  const start = addPace(
    bulk
      .command("run")
      .description("do something with many boards, and follow it")
      .argument("<action>", "ping, info, restart, reboot, fleet.join, injection.inject, …")
      .argument("[query...]", "which boards, such as status:online fleet:buses")
      .option("--fleet <fleet>", "boards in this fleet")
      .option("--board <board>", "this board; may be repeated", collect, [])
      .option("--with <name=value>", "fleet, plugin, service; may be repeated", collect, [])
      .option("--body <json>", "what the action takes, as for one board"),
  );
  examples(
    start,
    "bulk run ping status:online",
    "bulk run fleet.join label.zone:north --with fleet=buses --preview",
    "bulk run injection.inject --fleet buses --with plugin=hello",
    'bulk run settings fleet:buses --body \'{"sensors":{"storeEveryS":60}}\'',
    "bulk run restart fleet:buses --wait-for 2h --at-once 4 --per-second 1",
  );
  run(start, async (context, [action = "", ...words], options: RunOptions) => {
    const { fleet, board, ...rest } = options;
    const selection = {
      ...(words.length === 0 ? {} : { q: words.join(" ") }),
      ...(fleet === undefined ? {} : { fleet }),
      ...(board.length === 0 ? {} : { boards: board }),
    };
    await begin(context, actionOf(action), selection, rest);
  });
};

const addAgain = (bulk: Command): void => {
  const again = addPace(
    bulk
      .command("again")
      .description("the same for the boards that are not done")
      .argument("<id>")
      .option("--status <states>", "those in these states, with commas"),
  );
  examples(again, "bulk again 0192f0a0-0000-7000-8000-000000000000 --wait-for 1h");
  run(again, async (context, [uuid = ""], options: RunOptions & { status?: string }) => {
    const before: Bulk = await context.client().bulk.show({ params: { uuid } });
    const status = options.status?.split(",") as OperationState[] | undefined;
    const selection = { again: { bulk: before.operation.uuid, ...(status ? { status } : {}) } };
    await begin(context, before.action, selection, {
      ...options,
      with: Object.entries(before.params).map(([name, value]) => `${name}=${value}`),
      body: JSON.stringify(before.body),
    });
  });
};

const addResults = (bulk: Command): void => {
  const show = bulk.command("show").description("how a bulk operation stands").argument("<id>");
  examples(show, "bulk show 0192f0a0-0000-7000-8000-000000000000");
  run(show, async ({ client, out }, [uuid = ""]) => {
    const shown = await client().bulk.show({ params: { uuid } });
    const { operation, selection, params, waitUntil } = shown;
    const { parts } = operation;
    out.thing(shown, [
      ["operation", operation.uuid],
      ["what", `${shown.action} ${Object.values(params).join(" ")}`.trimEnd()],
      ["which", JSON.stringify(selection)],
      ["state", stateText(operation.status)],
      ["asked", `${ageText(operation.createdAt)} by ${operation.actor}`],
      ...(parts ? ([["boards", partsText(parts)]] as const) : []),
      ...(waitUntil === null ? [] : ([["waits until", waitUntil]] as const)),
    ]);
  });

  const boards = bulk
    .command("boards")
    .description("what became of each board")
    .argument("<id>")
    .option("--status <states>", "one or more states, with commas")
    .option("--csv", "for spreadsheets");
  examples(
    boards,
    "bulk boards 0192f0a0-0000-7000-8000-000000000000 --status failed,unknown",
    "bulk boards 0192f0a0-0000-7000-8000-000000000000 --csv",
  );
  run(boards, async ({ client, out }, [uuid = ""], options: { status?: string; csv?: true }) => {
    const { status, csv } = options;
    if (csv && out.json)
      throw fail("request.invalid", { where: "--csv", because: "--json asks for another form" });
    const rows = paginate(client().bulk.boards, {
      params: { uuid },
      query: { status, limit: 500 },
    });
    if (csv) {
      out.raw(csvLine("board", "name", "status", "ended", "code", "why", "result"));
      for await (const { board, name, status: state, endedAt, problem, result } of rows)
        out.raw(
          csvLine(
            ...([board, name, state, endedAt, problem?.code ?? ""] as const),
            ...([problem?.sentence ?? "", result === null ? "" : JSON.stringify(result)] as const),
          ),
        );
      return;
    }
    await out.list(
      rows,
      [
        ["state", (row) => stateText(row.status)],
        ["board", (row) => row.name],
        ["ended", (row) => (row.endedAt === null ? "–" : ageText(row.endedAt))],
        ["why", (row) => row.problem?.sentence ?? ""],
        ["answer", (row) => (row.result === null ? "" : JSON.stringify(row.result))],
      ],
      "No board of it is in such a state.",
    );
  });
};

export const register = (program: Command): void => {
  const bulk = program.command("bulk").description("one action on many boards");
  addRun(bulk);
  addResults(bulk);
  addAgain(bulk);
};

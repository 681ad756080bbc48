// Plugins on a board: put there, taken away, started, looked at.
import { S4tError, sleep, systemClock } from "@s4t/kit";
import { fail, type Injection } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { printOperation, requireSuccess } from "../operation.ts";
import { ageText, stateText } from "../output.ts";
import { readJsonArgument } from "./json-argument.ts";
import { seconds } from "./seconds.ts";
import { shortId } from "./versions.ts";

/** How long a command waits until a board has what was put there: a large version over a slow line. */
export const INJECT_WAIT_S = 120;
/** Between the first two looks at it: a small version over a quick line is there at once. */
const LOOK_FIRST_MS = 30;
/** Longest between two looks. */
const LOOK_EVERY_MS = 250;
/** Most that one request may be held back for. */
const LONGEST_WAIT_S = 60;

const printInjection = ({ out }: Context, row: Injection): void =>
  out.thing(row, [
    ["plugin", `${row.plugin.name}, version ${row.number} (${shortId(row.version)})`],
    ["board", row.board.name],
    [
      "entry",
      `${stateText(row.entry.state)}${row.entry.problem ? `: ${row.entry.problem.sentence} (${row.entry.problem.code})` : ""}`,
    ],
    [
      "state",
      row.state === null
        ? "–"
        : `${stateText(row.state)}${row.since ? `, ${ageText(row.since)}` : ""}`,
    ],
    ...(row.exit
      ? [
          [
            "ended",
            `${row.exit.reason}${row.exit.sentence ? `: ${row.exit.sentence}` : ""}`,
          ] as const,
        ]
      : []),
    ["starts", row.onBoot ? "with the agent" : "when it is asked to"],
    ["again", row.restart === "on-failure" ? "after a failure" : "never by itself"],
    ...(Object.keys(row.parameters).length > 0
      ? [["parameters", JSON.stringify(row.parameters)] as const]
      : []),
  ]);

/**
 * Waits until the board has what was wished, and answers it. Throws why it has not: its own reason, or that it does not say so in
 * time. A board that is away keeps nobody waiting: the wish stands.
 */
export const untilReached = async (
  { client, signal, out }: Context,
  uuid: string,
  plugin: string,
  waitS: number,
): Promise<Injection> => {
  const api = client();
  const ends = performance.now() + waitS * 1_000;
  for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(pauseMs * 1.5, LOOK_EVERY_MS)) {
    const now = await api.injections.show({ params: { uuid, plugin } });
    const { state, problem } = now.entry;
    if (state === "reached") return now;
    if (state === "failed" && problem) throw new S4tError(problem.code, problem.sentence);
    const { connectivity } = await api.boards.show({ params: { uuid } });
    if (!connectivity.connected) {
      out.note("The board is away: it gets the plugin when it is back.");
      return now;
    }
    if (performance.now() > ends)
      throw fail("plugin.not-ready", { because: `the board has it not within ${waitS} s` });
    await sleep(systemClock, pauseMs, signal);
  }
};

interface InjectFlags {
  readonly versionId?: string;
  readonly onBoot?: boolean;
  readonly restart?: "no" | "on-failure";
  readonly params?: string;
  readonly wait: boolean | string;
}

const addInject = (plugin: Command): void => {
  const inject = plugin
    .command("inject")
    .description("put a plugin on a board, or change how it is there")
    .argument("<board>", "id or name")
    .argument("<plugin>", "id or name")
    .option(
      "--version-id <version>",
      "number, id or latest; the latest unless said, the one that is there where only something else is said",
    )
    .option("--on-boot", "an asynchronous plugin: start it now and with the agent")
    .option("--no-on-boot", "start it only when it is asked to")
    .option("--restart <when>", "no, or on-failure: start it again when it fails")
    .option("--params <json>", "parameters kept for this board; @FILE reads them, - standard input")
    .option("--wait <seconds>", `how long to wait for the board; ${INJECT_WAIT_S} unless said`)
    .option("--no-wait", "do not wait for the board");
  examples(
    inject,
    "plugin inject garibaldi-12 hello",
    "plugin inject garibaldi-12 logger --on-boot --restart on-failure --params '{\"everyS\":10}'",
  );
  run(inject, async (context, [uuid = "", name = ""], flags: InjectFlags) => {
    const parameters =
      flags.params === undefined ? undefined : await readJsonArgument(flags.params, "--params");
    const rest = { onBoot: flags.onBoot, restart: flags.restart, parameters };
    // Who only changes how it is there does not mean another version.
    const isChange = Object.values(rest).some((given) => given !== undefined);
    const version = flags.versionId ?? (isChange ? undefined : "latest");
    const wished = await context.client().injections.inject({
      params: { uuid, plugin: name },
      body: { ...rest, ...(version === undefined ? {} : { version }) },
    });
    if (flags.wait === false) return printInjection(context, wished);
    const waitS = typeof flags.wait === "string" ? seconds("--wait", flags.wait) : INJECT_WAIT_S;
    printInjection(context, await untilReached(context, uuid, name, waitS));
  });

  const eject = plugin
    .command("eject")
    .description("take a plugin off a board, with what it keeps there")
    .argument("<board>", "id or name")
    .argument("<plugin>", "id or name");
  examples(eject, "plugin eject garibaldi-12 hello");
  run(eject, async ({ client, out }, [uuid = "", name = ""]) => {
    await client().injections.remove({ params: { uuid, plugin: name } });
    out.thing({ name, board: uuid, status: "ejected" }, [["ejected", `${name} from ${uuid}`]]);
  });

  const on = plugin
    .command("on")
    .description("list the plugins on a board")
    .argument("<board>", "id or name");
  examples(on, "plugin on garibaldi-12");
  run(on, async ({ client, out }, [uuid = ""]) => {
    const { items } = await client().injections.list({ params: { uuid } });
    await out.list(
      items,
      [
        ["entry", (row) => stateText(row.entry.state)],
        ["plugin", (row) => row.plugin.name],
        ["version", (row) => `${row.number} (${shortId(row.version)})`],
        ["mode", (row) => row.plugin.mode],
        ["state", (row) => row.state ?? "–"],
        ["why", (row) => row.entry.problem?.sentence ?? row.exit?.sentence ?? ""],
      ],
      "No plugins there. Put one: s4t plugin inject BOARD PLUGIN",
    );
  });
};

const addRunning = (plugin: Command): void => {
  for (const [verb, about] of [
    ["start", "start an asynchronous plugin"],
    ["stop", "stop an asynchronous plugin"],
    ["restart", "stop and start an asynchronous plugin"],
  ] as const) {
    const command = plugin
      .command(verb)
      .description(about)
      .argument("<board>", "id or name")
      .argument("<plugin>", "id or name");
    if (verb === "start")
      command.option(
        "--params <json>",
        "parameters of this run; @FILE reads them, - standard input",
      );
    examples(command, `plugin ${verb} garibaldi-12 logger`);
    run(command, async (context, [uuid = "", name = ""], flags: { params?: string }) => {
      const parameters =
        flags.params === undefined ? undefined : await readJsonArgument(flags.params, "--params");
      const common = { params: { uuid, plugin: name }, wait: LONGEST_WAIT_S };
      const { injections } = context.client();
      const operation =
        verb === "start"
          ? await injections.start({ ...common, body: { parameters } })
          : await injections[verb]({ ...common, body: {} });
      printOperation(context.out, operation);
      requireSuccess(operation);
    });
  }

  const status = plugin
    .command("status")
    .description("ask the board how a plugin is, now")
    .argument("<board>", "id or name")
    .argument("<plugin>", "id or name");
  examples(status, "plugin status garibaldi-12 logger");
  run(status, async ({ client, out }, [uuid = "", name = ""]) => {
    const now = await client().injections.status({ params: { uuid, plugin: name } });
    out.thing(now, [
      ["plugin", `${now.plugin} (${shortId(now.version)})`],
      ["state", stateText(now.state)],
      ["process", now.pid === null ? "–" : String(now.pid)],
      ["since", now.startedAtMs === null ? "–" : ageText(new Date(now.startedAtMs).toISOString())],
      [
        "memory",
        now.memoryBytes === null ? "–" : `${(now.memoryBytes / 1_048_576).toFixed(1)} MiB`,
      ],
      ["processor", now.cpuMs === null ? "–" : `${(now.cpuMs / 1_000).toFixed(2)} s`],
      ["calls", String(now.calls)],
      ["restarts", String(now.restarts)],
      ...(now.exit
        ? [
            [
              "ended",
              `${now.exit.reason}${now.exit.sentence ? `: ${now.exit.sentence}` : ""}`,
            ] as const,
          ]
        : []),
    ]);
  });
};

/** Adds what is done with plugins on a board. */
export const addOnBoard = (plugin: Command): void => {
  addInject(plugin);
  addRunning(plugin);
};

import { type Board, type Client, connectEvents, fail, type Operation, paginate } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { ageText, stateText } from "../output.ts";

/** How long a command waits for its board's answer before it prints what it has. */
export const COMMAND_WAIT_S = 20;

const printBoard = ({ out }: Context, board: Board): void =>
  out.thing(board, [
    ["name", pc.bold(board.name)],
    ["id", board.uuid],
    [
      "state",
      `${stateText(board.status)}${board.connectivity.since ? `, since ${ageText(board.connectivity.since)}` : ""}${board.why ? ` (${board.why.code})` : ""}`,
    ],
    ["seen", ageText(board.connectivity.lastSeenAt)],
    ["from", board.connectivity.address ?? "–"],
    ["agent", board.agent.version === null ? "–" : `${board.agent.kind} ${board.agent.version}`],
    [
      "target",
      `${board.target.reached} of ${board.target.wanted}${board.target.failed > 0 ? `, ${board.target.failed} failed` : ""}`,
    ],
    [
      "machine",
      board.info === null
        ? "–"
        : `${board.info.model ?? board.info.os}, ${board.info.cpus} cores, ${board.info.arch}`,
    ],
    [
      "place",
      board.location === null ? "–" : `${board.location.latitude}, ${board.location.longitude}`,
    ],
    [
      "labels",
      Object.entries(board.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ") || "–",
    ],
    ["key", board.fingerprint ?? "–"],
  ]);

const printOperation = ({ out }: Context, operation: Operation): void => {
  out.thing(operation, [
    ["operation", operation.uuid],
    ["what", operation.name],
    ["state", stateText(operation.status)],
    ...(operation.result === null ? [] : ([["answer", JSON.stringify(operation.result)]] as const)),
    ...(operation.problem === null
      ? []
      : ([["why", `${operation.problem.sentence} (${operation.problem.code})`]] as const)),
  ]);
  if (operation.status === "failed" || operation.status === "unknown")
    throw fail(operation.status === "unknown" ? "command.unknown" : "board.failed", {
      because: operation.problem?.sentence ?? "it failed",
    });
};

const parseLabels = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts
      .map((text) => text.split(/=(.*)/s).slice(0, 2) as [string, string])
      .map(([name, value]) => [name, value ?? ""]),
  );

const parsePlace = (text: string): { latitude: number; longitude: number } => {
  const [latitude = Number.NaN, longitude = Number.NaN] = text.split(",").map(Number);
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude))
    throw fail("request.invalid", {
      where: "--place",
      because: "must be latitude,longitude such as 38.19,15.55",
    });
  return { latitude, longitude };
};

const collect = (value: string, before: string[]): string[] => [...before, value];

const registry = (board: Command): void => {
  const list = board
    .command("list")
    .description("list boards")
    .option("--status <states>", "one or more states, with commas")
    .option("--text <part>", "part of the name, id or address")
    .option("--label <name[=value]>", "with this label")
    .option("--sort <key>", "name, seen, created; with - in front for the reverse");
  examples(
    list,
    "board list",
    "board list --status offline,degraded --sort -seen",
    "board list --json",
  );
  run(
    list,
    async (
      { client, out },
      _,
      options: { status?: string; text?: string; label?: string; sort?: never },
    ) => {
      const rows = paginate(client().boards.list, { query: { ...options, limit: 200 } });
      await out.list(
        rows,
        [
          ["state", (row) => stateText(row.status)],
          ["name", (row) => row.name],
          ["seen", (row) => ageText(row.connectivity.lastSeenAt)],
          ["target", (row) => `${row.target.reached}/${row.target.wanted}`],
          ["agent", (row) => row.agent.version ?? "–"],
          ["id", (row) => pc.dim(row.uuid)],
        ],
        "No boards yet. Make one: s4t board create NAME",
      );
    },
  );

  const create = board
    .command("create")
    .description("register a board and make its enrolment")
    .argument("<name>")
    .option("--place <lat,lon>", "where it is")
    .option("--label <name=value>", "a label; may be repeated", collect, [])
    .option("--description <text>", "what it is");
  examples(
    create,
    "board create garibaldi-12",
    "board create garibaldi-12 --place 38.19,15.55 --label kind=air",
    "board create garibaldi-12 --json",
  );
  run(
    create,
    async (
      { client, out },
      [name = ""],
      options: { place?: string; label: string[]; description?: string },
    ) => {
      const { board: made, enrolment } = await client().boards.create({
        body: {
          name,
          labels: parseLabels(options.label),
          ...(options.place === undefined ? {} : { location: parsePlace(options.place) }),
          ...(options.description === undefined ? {} : { description: options.description }),
        },
      });
      if (out.json) return out.thing({ ...made, ...enrolment }, []);
      printEnrolment(out, made.name, enrolment);
    },
  );

  const show = board.command("show").description("show a board").argument("<board>", "id or name");
  examples(show, "board show garibaldi-12", "board show garibaldi-12 --json");
  run(show, async (context, [uuid = ""]) =>
    printBoard(context, await context.client().boards.show({ params: { uuid } })),
  );

  const update = board
    .command("update")
    .description("change name, description, labels or place")
    .argument("<board>", "id or name")
    .option("--name <name>", "new name")
    .option("--description <text>", "new description")
    .option("--label <name=value>", "all labels anew; may be repeated", collect, [])
    .option("--place <lat,lon>", "new place");
  examples(
    update,
    "board update garibaldi-12 --name garibaldi-14",
    "board update garibaldi-12 --place 38.19,15.55",
  );
  run(
    update,
    async (
      context,
      [uuid = ""],
      options: { name?: string; description?: string; label: string[]; place?: string },
    ) => {
      const client = context.client();
      const { rev } = await client.boards.show({ params: { uuid } });
      const body = {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.description === undefined ? {} : { description: options.description }),
        ...(options.label.length === 0 ? {} : { labels: parseLabels(options.label) }),
        ...(options.place === undefined ? {} : { location: parsePlace(options.place) }),
      };
      printBoard(context, await client.boards.update({ params: { uuid }, body, ifMatch: rev }));
    },
  );

  const enrol = board
    .command("enrol")
    .alias("rearm")
    .description("make a new enrolment; earlier codes end at once, the present key when it is used")
    .argument("<board>", "id or name");
  examples(enrol, "board enrol garibaldi-12", "board enrol garibaldi-12 --json");
  run(enrol, async ({ client, out }, [uuid = ""]) => {
    const enrolment = await client().boards.rearm({ params: { uuid }, body: {} });
    if (out.json) return out.thing(enrolment, []);
    printEnrolment(out, uuid, enrolment);
  });

  const retire = board
    .command("retire")
    .description("retire a board: its key is withdrawn, its history stays")
    .argument("<board>", "id or name");
  examples(retire, "board retire garibaldi-12", "board retire garibaldi-12 --yes");
  run(retire, async (context, [uuid = ""]) => {
    await context.confirm("Its key is withdrawn and cannot come back.", uuid);
    printBoard(context, await context.client().boards.retire({ params: { uuid }, body: {} }));
  });
};

const printEnrolment = (
  out: Context["out"],
  name: string,
  enrolment: {
    enrolment: string;
    expiresAt: string;
    commands: readonly { kind: string; command: string }[];
  },
): void => {
  out.line(
    `Paste this on the machine that becomes ${pc.bold(name)}; it works once, until ${enrolment.expiresAt}:`,
  );
  for (const { kind, command } of enrolment.commands) out.line(`\n  ${pc.dim(kind)}\n  ${command}`);
};

const commands = (board: Command): void => {
  const ping = board
    .command("ping")
    .description("ask for a sign of life")
    .argument("<board>", "id or name")
    .option("--count <n>", "how often", "1");
  examples(ping, "board ping garibaldi-12", "board ping garibaldi-12 --count 5");
  run(ping, async ({ client, out, signal }, [uuid = ""], { count }: { count: string }) => {
    for (let i = 0; i < Number(count) && !signal.aborted; i += 1) {
      const operation = await client().boards.ping({ params: { uuid }, body: {}, signal });
      const { latencyMs } = operation.result as { latencyMs: number };
      out.thing(operation, [[uuid, `answered in ${latencyMs.toFixed(1)} ms`]]);
    }
  });

  const info = board
    .command("info")
    .description("ask the board about itself, now")
    .argument("<board>", "id or name");
  examples(info, "board info garibaldi-12", "board info garibaldi-12 --json");
  run(info, async ({ client, out, signal }, [uuid = ""]) => {
    const answer = await client().boards.info({ params: { uuid }, signal });
    out.thing(answer, [
      ["host", answer.hostname],
      ["system", `${answer.os}, kernel ${answer.kernel}`],
      ["machine", `${answer.model ?? "–"}, ${answer.cpus} cores, ${answer.arch}`],
      ["memory", `${(answer.memoryBytes / 1_073_741_824).toFixed(1)} GiB`],
      ["runtime", answer.runtime],
      ["agent", answer.agentVersion],
      ["up", `${Math.round(answer.uptimeS / 3_600)} h`],
      ["addresses", answer.interfaces.flatMap(({ addresses }) => addresses).join(" ")],
      ["reboot", answer.canReboot ? "may be asked for" : "not allowed on this board"],
    ]);
  });

  for (const [verb, about] of [
    ["restart", "restart the agent"],
    ["reboot", "reboot the machine, where its owner allowed it"],
  ] as const) {
    const command = board
      .command(verb)
      .description(about)
      .argument("<board>", "id or name")
      .option("--when-online", "wait for a board that is away");
    examples(command, `board ${verb} garibaldi-12`, `board ${verb} garibaldi-12 --when-online`);
    run(command, async (context, [uuid = ""], { whenOnline }: { whenOnline?: boolean }) => {
      if (verb === "reboot") await context.confirm("The machine goes down now.", uuid);
      const deliver = whenOnline === true ? "when-online" : "now";
      printOperation(
        context,
        await context.client().boards[verb]({
          params: { uuid },
          body: { deliver },
          wait: COMMAND_WAIT_S,
          signal: context.signal,
        }),
      );
    });
  }
};

const looks = (board: Command): void => {
  const target = board
    .command("target")
    .description("what should be true on the board, and what is")
    .argument("<board>", "id or name");
  examples(target, "board target garibaldi-12", "board target garibaldi-12 --json");
  run(target, async ({ client, out }, [uuid = ""]) => {
    const answer = await client().boards.target({ params: { uuid } });
    if (out.json) return out.thing(answer, []);
    out.line(`Wanted ${answer.wanted}, reached ${answer.reached}`);
    await out.list(
      answer.entries,
      [
        ["state", (row) => stateText(row.state)],
        ["entry", (row) => row.key],
        ["since", (row) => ageText(row.since)],
        ["why", (row) => row.problem?.sentence ?? ""],
      ],
      "No entry has been reported yet.",
    );
  });

  const settings = board
    .command("settings")
    .description("change the agent's settings")
    .argument("<board>", "id or name")
    .option("--store-every <seconds>", "how often values are stored")
    .option("--sensors <on|off>", "whether the board measures itself")
    .option("--log <level>", "debug, info, warn, error");
  examples(
    settings,
    "board settings garibaldi-12",
    "board settings garibaldi-12 --store-every 30 --log debug",
  );
  run(
    settings,
    async (
      { client, out },
      [uuid = ""],
      { storeEvery, sensors, log }: { storeEvery?: string; sensors?: string; log?: never },
    ) => {
      const body = {
        ...(storeEvery === undefined && sensors === undefined
          ? {}
          : {
              sensors: {
                ...(storeEvery === undefined ? {} : { storeEveryS: Number(storeEvery) }),
                ...(sensors === undefined ? {} : { enabled: sensors === "on" }),
              },
            }),
        ...(log === undefined ? {} : { log: { level: log } }),
      };
      const answer =
        Object.keys(body).length === 0
          ? (await client().boards.target({ params: { uuid } })).settings
          : await client().boards.settings({ params: { uuid }, body });
      out.thing(answer, [
        [
          "sensors",
          answer.sensors.enabled ? `stored every ${answer.sensors.storeEveryS} s` : "off",
        ],
        ["log", answer.log.level],
      ]);
    },
  );

  const timeline = board
    .command("timeline")
    .description("what happened around a board, newest first")
    .argument("<board>", "id or name")
    .option("--limit <n>", "how many lines", "30");
  examples(
    timeline,
    "board timeline garibaldi-12",
    "board timeline garibaldi-12 --limit 100 --json",
  );
  run(timeline, async ({ client, out }, [uuid = ""], { limit }: { limit: string }) => {
    const { items } = await client().boards.timeline({
      params: { uuid },
      query: { limit: Number(limit) },
    });
    const rows = items.map((row) => ({ uuid: null, name: row.code, status: row.kind, ...row }));
    await out.list(
      rows,
      [
        ["when", (row) => row.at],
        ["kind", (row) => row.kind],
        ["what", (row) => row.code],
        ["who", (row) => row.actor ?? "–"],
        ["facts", (row) => JSON.stringify(row.facts).slice(0, 80)],
      ],
      "Nothing yet.",
    );
  });

  const watch = board
    .command("watch")
    .description("live values, every five seconds, while you look")
    .argument("<board>", "id or name")
    .option("--count <n>", "end after so many");
  examples(watch, "board watch garibaldi-12", "board watch garibaldi-12 --count 2");
  run(watch, async (context, [name = ""], { count }: { count?: string }) => {
    const client = context.client();
    const { uuid } = await client.boards.show({ params: { uuid: name } });
    const { items } = await client.observations.series({ params: { uuid } });
    await watchValues(
      context,
      client,
      uuid,
      new Map(items.map((row) => [row.name, row.unit])),
      count === undefined ? Number.POSITIVE_INFINITY : Number(count),
    );
  });
};

const shownValue = (value: number, unit: string): string => {
  if (unit === "By") return `${(value / 1_048_576).toFixed(0)} MiB`;
  if (unit === "By/s") return `${(value / 1_024).toFixed(1)} KiB/s`;
  return `${value.toFixed(2)}${unit === "1" ? "" : ` ${unit}`}`;
};

const watchValues = (
  { cloud, out, signal }: Context,
  _client: Client,
  uuid: string,
  units: ReadonlyMap<string, string>,
  count: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let seen = 0;
    const { url, auth } = cloud();
    const events = connectEvents({ url, auth, onError: reject });
    const end = (): void => {
      events.close();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    const show = ({
      at,
      values,
    }: {
      at: number;
      values: Readonly<Record<string, number>>;
    }): void => {
      if (out.json) out.raw(`${JSON.stringify({ at: new Date(at).toISOString(), values })}\n`);
      else
        out.line(
          `${pc.dim(new Date(at).toLocaleTimeString())}  ${Object.entries(values)
            .filter(([name]) => !name.endsWith("total"))
            .map(([name, value]) => `${name} ${pc.bold(shownValue(value, units.get(name) ?? "1"))}`)
            .join("  ")}`,
        );
      seen += 1;
      if (seen >= count) end();
    };
    events.subscribe(`series:${uuid}`, { onChange: show, onError: reject });
  });

export const register = (program: Command): void => {
  const board = program.command("board").description("boards: register, enrol, look, command");
  registry(board);
  commands(board);
  looks(board);
};

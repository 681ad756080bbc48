import { type Board, fail, paginate } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { addCommands } from "../board-commands.ts";
import { addState } from "../board-state.ts";
import { type Context, examples, run } from "../context.ts";
import { parseLabels } from "../labels.ts";
import { addOriginal, limitRows } from "../original.ts";
import { ageText, stateText } from "../output.ts";

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
    [
      "agent",
      board.agent.version === null
        ? "–"
        : `${board.agent.kind} ${board.agent.version}${board.simulated ? ", simulated" : ""}`,
    ],
    ...limitRows(board.agent.kind),
    [
      "target",
      `${board.target.reached} of ${board.target.wanted}${board.target.failed > 0 ? `, ${board.target.failed} failed` : ""}`,
    ],
    [
      "machine",
      board.info === null || board.info.cpus === 0
        ? "–"
        : `${board.info.model ?? board.info.os}, ${board.info.cpus} cores, ${board.info.arch}`,
    ],
    [
      "place",
      board.location === null ? "–" : `${board.location.latitude}, ${board.location.longitude}`,
    ],
    [
      "fleets",
      board.fleets
        .map(({ name, priority }) => (priority === 0 ? pc.bold(name) : `${name} (${priority})`))
        .join(", ") || "–",
    ],
    [
      "labels",
      Object.entries(board.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ") || "–",
    ],
    ["key", board.fingerprint ?? "–"],
  ]);

const parsePlace = (text: string): { latitude: number; longitude: number } => {
  const [latitude = Number.NaN, longitude = Number.NaN] = text.split(",").map(Number);
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude))
    throw fail("request.invalid", {
      where: "place",
      because: "must be latitude,longitude such as 38.19,15.55",
    });
  return { latitude, longitude };
};

/** For which agent an enrolment is made. */
interface Originally {
  readonly original?: boolean;
  readonly code?: string;
}
const agentOf = ({ original, code }: Originally) => ({
  ...(original === true || code !== undefined ? { agent: "original" as const } : {}),
  ...(code === undefined ? {} : { code }),
});

const collect = (value: string, before: string[]): string[] => [...before, value];

const registry = (board: Command): void => {
  const list = board
    .command("list")
    .description("list boards")
    .argument("[query...]", "terms, such as status:offline fleet:buses -near:38.19,15.55,2km")
    .option("--status <states>", "one or more states, with commas; all but retired unless said")
    .option("--text <part>", "part of the name, id or address")
    .option("--label <name[=value]>", "with this label")
    .option("--fleet <fleet>", "in this fleet")
    .option("--sort <key>", "name, seen, created; with - in front for the reverse");
  examples(
    list,
    "board list",
    "board list --status offline,degraded --sort -seen",
    "board list --fleet buses",
    "board list 'status:offline fleet:buses label.zone:north'",
    "board list 'near:38.19,15.55,2km (lamp or -fleet:*)'",
    "board list --json",
  );
  run(
    list,
    async (
      { client, out },
      words,
      options: { status?: string; text?: string; label?: string; fleet?: string; sort?: never },
    ) => {
      const rows = paginate(client().boards.list, {
        query: { ...options, q: words.join(" ") || undefined, limit: 200 },
      });
      await out.list(
        rows,
        [
          ["state", (row) => stateText(row.status)],
          ["name", (row) => row.name],
          ["seen", (row) => ageText(row.connectivity.lastSeenAt)],
          ["target", (row) => `${row.target.reached}/${row.target.wanted}`],
          [
            "agent",
            ({ agent, simulated }) =>
              `${agent.version ?? "–"}${agent.kind === "original" ? " original" : ""}${simulated ? " simulated" : ""}`,
          ],
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
    .option("--fleet <fleet>", "its primary fleet")
    .option("--description <text>", "what it is")
    .option("--original", "it runs the original agent: makes a registration code")
    .option("--code <code>", "the registration code, 8 to 36 characters; one is made unless said");
  examples(
    create,
    "board create garibaldi-12",
    "board create garibaldi-12 --place 38.19,15.55 --label kind=air",
    "board create old-7 --original",
    "board create garibaldi-12 --json",
  );
  run(
    create,
    async (
      { client, out },
      [name = ""],
      options: Originally & {
        place?: string;
        label: string[];
        fleet?: string;
        description?: string;
      },
    ) => {
      const { board: made, enrolment } = await client().boards.create({
        body: {
          name,
          labels: parseLabels(options.label),
          ...(options.fleet === undefined ? {} : { fleet: options.fleet }),
          ...(options.place === undefined ? {} : { location: parsePlace(options.place) }),
          ...(options.description === undefined ? {} : { description: options.description }),
          ...agentOf(options),
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
    .description("change name, description, labels, place or primary fleet")
    .argument("<board>", "id or name")
    .option("--name <name>", "new name")
    .option("--description <text>", "new description")
    .option("--label <name=value>", "all labels anew; may be repeated", collect, [])
    .option("--place <lat,lon>", "new place")
    .option("--fleet <fleet>", "its primary fleet, in the place of an earlier one")
    .option("--no-fleet", "out of its primary fleet");
  examples(
    update,
    "board update garibaldi-12 --name garibaldi-14",
    "board update garibaldi-12 --place 38.19,15.55",
    "board update garibaldi-12 --fleet buses",
  );
  run(
    update,
    async (
      context,
      [uuid = ""],
      options: {
        name?: string;
        description?: string;
        label: string[];
        place?: string;
        fleet?: string | false;
      },
    ) => {
      const client = context.client();
      const { rev } = await client.boards.show({ params: { uuid } });
      const body = {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.description === undefined ? {} : { description: options.description }),
        ...(options.label.length === 0 ? {} : { labels: parseLabels(options.label) }),
        ...(options.place === undefined ? {} : { location: parsePlace(options.place) }),
        ...(options.fleet === undefined ? {} : { fleet: options.fleet || null }),
      };
      printBoard(context, await client.boards.update({ params: { uuid }, body, ifMatch: rev }));
    },
  );

  const enrol = board
    .command("enrol")
    .alias("rearm")
    .description("make a new enrolment; earlier codes end at once, the present key when it is used")
    .argument("<board>", "id or name")
    .option("--original", "for the original agent: makes a registration code")
    .option("--code <code>", "the registration code, 8 to 36 characters; one is made unless said");
  examples(
    enrol,
    "board enrol garibaldi-12",
    "board enrol old-7 --original",
    "board enrol garibaldi-12 --json",
  );
  run(enrol, async ({ client, out }, [uuid = ""], options: Originally) => {
    const api = client();
    const { name, uuid: id, status } = await api.boards.show({ params: { uuid } });
    const enrolment = await api.boards.rearm({ params: { uuid: id }, body: agentOf(options) });
    if (out.json) return out.thing({ uuid: id, name, status, ...enrolment }, []);
    printEnrolment(out, name, enrolment);
  });

  const retire = board
    .command("retire")
    .description("retire a board: its key is withdrawn, its history stays")
    .argument("<board>", "id or name");
  examples(retire, "board retire garibaldi-12", "board retire garibaldi-12 --yes");
  run(retire, async (context, [uuid = ""]) => {
    const client = context.client();
    const found = await client.boards.show({ params: { uuid } });
    await context.confirm("Its key is withdrawn and cannot come back.", found.name);
    printBoard(context, await client.boards.retire({ params: { uuid: found.uuid } }));
  });
};

const place = (board: Command): void => {
  const locate = board
    .command("locate")
    .description("say where a board is (WGS 84), or forget it")
    .argument("<board>", "id or name")
    .argument("[place]", "latitude,longitude")
    .option("--address <text>", "the same place in words")
    .option("--forget", "where it is is not known any more");
  examples(
    locate,
    'board locate garibaldi-12 38.19,15.55 --address "Via Garibaldi 12"',
    "board locate garibaldi-12 --forget",
  );
  run(
    locate,
    async (context, [uuid = "", at = ""], options: { address?: string; forget?: boolean }) => {
      const address = options.address === undefined ? {} : { address: options.address };
      const location = options.forget === true ? null : { ...parsePlace(at), ...address };
      const client = context.client();
      printBoard(context, await client.boards.update({ params: { uuid }, body: { location } }));
    },
  );
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

export const register = (program: Command): void => {
  const board = program.command("board").description("boards: register, enrol, look, command");
  registry(board);
  place(board);
  addCommands(board);
  addOriginal(board);
  addState(board);
};

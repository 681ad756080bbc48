import { type Fleet, fail, paginate } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { parseLabels } from "../labels.ts";

const printFleet = ({ out }: Context, fleet: Fleet): void =>
  out.thing(fleet, [
    ["name", pc.bold(fleet.name)],
    ["id", fleet.uuid],
    ["boards", String(fleet.boards)],
    [
      "labels",
      Object.entries(fleet.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ") || "–",
    ],
    ["about", fleet.description || "–"],
  ]);

const collect = (value: string, before: string[]): string[] => [...before, value];

interface FleetFlags {
  readonly name?: string;
  readonly description?: string;
  readonly label: string[];
}

const bodyOf = ({ name, description, label }: FleetFlags) => ({
  ...(name === undefined ? {} : { name }),
  ...(description === undefined ? {} : { description }),
  ...(label.length === 0 ? {} : { labels: parseLabels(label) }),
});

const registry = (fleet: Command): void => {
  const create = fleet
    .command("create")
    .description("make a fleet")
    .argument("<name>")
    .option("--description <text>", "what it is")
    .option("--label <name=value>", "a label; may be repeated", collect, []);
  examples(create, "fleet create buses", "fleet create buses --label owner=atm --json");
  run(create, async (context, [name = ""], flags: FleetFlags) =>
    printFleet(
      context,
      await context.client().fleets.create({
        body: { ...bodyOf(flags), name },
        idempotencyKey: crypto.randomUUID(),
      }),
    ),
  );

  const list = fleet.command("list").description("list fleets");
  examples(list, "fleet list", "fleet list --json");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().fleets.list, { query: { limit: 200 } }),
      [
        ["name", (row) => row.name],
        ["boards", (row) => String(row.boards)],
        ["about", (row) => row.description],
        ["id", (row) => pc.dim(row.uuid)],
      ],
      "No fleets yet. Make one: s4t fleet create NAME",
    ),
  );

  const show = fleet.command("show").description("show a fleet").argument("<fleet>", "id or name");
  examples(show, "fleet show buses");
  run(show, async (context, [uuid = ""]) =>
    printFleet(context, await context.client().fleets.show({ params: { uuid } })),
  );

  const update = fleet
    .command("update")
    .description("change name, description or labels")
    .argument("<fleet>", "id or name")
    .option("--name <name>", "new name")
    .option("--description <text>", "new description")
    .option("--label <name=value>", "all labels anew; may be repeated", collect, []);
  examples(update, "fleet update buses --name city-buses");
  run(update, async (context, [uuid = ""], flags: FleetFlags) => {
    const client = context.client();
    const { rev } = await client.fleets.show({ params: { uuid } });
    const body = bodyOf(flags);
    printFleet(context, await client.fleets.update({ params: { uuid }, body, ifMatch: rev }));
  });

  const remove = fleet
    .command("remove")
    .description("remove a fleet that no board is in")
    .argument("<fleet>", "id or name");
  examples(remove, "fleet remove buses");
  run(remove, async ({ client, out }, [uuid = ""]) => {
    await client().fleets.remove({ params: { uuid } });
    out.thing({ name: uuid, status: "removed" }, [["removed", uuid]]);
  });
};

const priorityOf = (flags: { primary?: boolean; priority?: string }): { priority?: number } => {
  if (flags.primary) return { priority: 0 };
  if (flags.priority === undefined) return {};
  if (!/^\d{1,4}$/.test(flags.priority))
    throw fail("request.invalid", { where: "--priority", because: "must be a number" });
  return { priority: Number(flags.priority) };
};

const members = (fleet: Command): void => {
  const add = fleet
    .command("add")
    .description("put boards into a fleet, or change their priority there")
    .argument("<fleet>", "id or name")
    .argument("<boards...>", "ids or names")
    .option("--primary", "as their primary fleet, in the place of an earlier one")
    .option("--priority <n>", "1 to 1000, the lower the more it counts; 100 unless said");
  examples(
    add,
    "fleet add buses lamp-7",
    "fleet add buses lamp-7 lamp-8 --primary",
    "fleet add night-shift lamp-7 --priority 10",
  );
  run(
    add,
    async (
      { client, out },
      [name = "", ...boards],
      flags: { primary?: boolean; priority?: string },
    ) => {
      for (const uuid of boards) {
        const params = { uuid, fleet: name };
        const board = await client().fleetMembers.join({ params, body: priorityOf(flags) });
        out.thing(board, [[board.name, board.fleets.map((each) => each.name).join(", ")]]);
      }
    },
  );

  const takeOut = fleet
    .command("take-out")
    .description("take boards out of a fleet")
    .argument("<fleet>", "id or name")
    .argument("<boards...>", "ids or names");
  examples(takeOut, "fleet take-out buses lamp-7");
  run(takeOut, async ({ client, out }, [name = "", ...boards]) => {
    for (const uuid of boards) {
      const board = await client().fleetMembers.leave({ params: { uuid, fleet: name } });
      const left = board.fleets.map((each) => each.name).join(", ");
      out.thing(board, [[board.name, left || "in no fleet"]]);
    }
  });
};

export const register = (program: Command): void => {
  const fleet = program.command("fleet").description("boards that belong together");
  registry(fleet);
  members(fleet);
};

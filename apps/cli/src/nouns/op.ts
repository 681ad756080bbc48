import { paginate } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { printOperation } from "../operation.ts";
import { ageText, stateText } from "../output.ts";

interface ListOptions {
  readonly board?: string;
  readonly status?: string;
  readonly parent?: string;
  readonly oldestFirst?: true;
}

export const register = (program: Command): void => {
  const op = program.command("op").description("operations under way and ended");

  const list = op
    .command("list")
    .description("list operations, newest first")
    .option("--board <board>", "of this board: id or name")
    .option("--status <states>", "one or more states, with commas")
    .option("--parent <id>", "parts of this operation")
    .option("--oldest-first", "in the order in which they began");
  examples(list, "op list", "op list --status queued,running");
  run(list, async ({ client, out }, _, options: ListOptions) => {
    const api = client();
    const { board: idOrName, oldestFirst, ...query } = options;
    const board =
      idOrName === undefined
        ? undefined
        : (await api.boards.show({ params: { uuid: idOrName } })).uuid;
    const sort = oldestFirst ? ("created" as const) : ("-created" as const);
    const rows = paginate(api.operations.list, { query: { ...query, board, sort, limit: 200 } });
    await out.list(
      rows,
      [
        ["state", (row) => stateText(row.status)],
        ["what", (row) => row.name],
        ["who", (row) => row.actor],
        ["began", (row) => ageText(row.createdAt)],
        ["why", (row) => row.problem?.sentence ?? ""],
        ["id", (row) => row.uuid],
      ],
      "Nothing under way.",
    );
  });

  const show = op.command("show").description("show an operation").argument("<id>");
  examples(show, "op show 0192f0a0-0000-7000-8000-000000000000");
  run(show, async ({ client, out }, [uuid = ""]) => {
    const operation = await client().operations.show({ params: { uuid } });
    printOperation(out, operation);
  });

  const cancel = op
    .command("cancel")
    .description(
      "cancel what waits for its board, or a plugin's call under way: the plugin is told to stop",
    )
    .argument("<id>");
  examples(cancel, "op cancel 0192f0a0-0000-7000-8000-000000000000");
  run(cancel, async ({ client, out }, [uuid = ""]) => {
    const operation = await client().operations.cancel({ params: { uuid }, body: {} });
    printOperation(out, operation);
  });
};

import { paginate } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { ageText, stateText } from "../output.ts";

export const register = (program: Command): void => {
  const op = program.command("op").description("operations under way and ended");

  const list = op
    .command("list")
    .description("list operations, newest first")
    .option("--board <id>", "of this board")
    .option("--status <states>", "one or more states, with commas");
  examples(list, "op list", "op list --status queued,running");
  run(list, async ({ client, out }, _, options: { board?: string; status?: string }) => {
    const rows = paginate(client().operations.list, { query: { ...options, limit: 200 } });
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
    out.thing(operation, [
      ["what", operation.name],
      ["state", stateText(operation.status)],
      ["who", operation.actor],
      ["began", operation.createdAt],
      ["ended", operation.endedAt ?? "–"],
      ["answer", JSON.stringify(operation.result)],
      ["why", operation.problem?.sentence ?? "–"],
    ]);
  });

  const cancel = op
    .command("cancel")
    .description("cancel what has not reached its board")
    .argument("<id>");
  examples(cancel, "op cancel 0192f0a0-0000-7000-8000-000000000000");
  run(cancel, async ({ client, out }, [uuid = ""]) => {
    const operation = await client().operations.cancel({ params: { uuid }, body: {} });
    out.thing(operation, [
      ["what", operation.name],
      ["state", stateText(operation.status)],
    ]);
  });
};

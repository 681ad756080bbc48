import type { Command } from "commander";
import { examples, run } from "../context.ts";

export const register = (program: Command): void => {
  const config = program.command("config").description("settings in force");
  const explain = config
    .command("explain")
    .description("every setting, its value and where that came from");
  examples(explain, "config explain", "config explain --json");
  run(explain, async ({ client, out }) => {
    const { items } = await client().cloud.config();
    const rows = items.map((row) => ({ uuid: null, status: row.from, ...row }));
    await out.list(
      rows,
      [
        ["setting", (row) => row.name],
        ["value", (row) => String(row.value ?? "–")],
        ["from", (row) => row.from],
        ["what it does", (row) => row.sentence],
      ],
      "No settings.",
    );
  });
};

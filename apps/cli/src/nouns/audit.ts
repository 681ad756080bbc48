import { fail, paginate } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { examples, run } from "../context.ts";
import { stateText } from "../output.ts";

export const register = (program: Command): void => {
  const audit = program.command("audit").description("the tamper-evident record");

  const list = audit
    .command("list")
    .description("who did what, newest first")
    .option("--action <name>", "only this action")
    .option("--actor <id>", "only by this actor")
    .option("--resource <id>", "only about this")
    .option("--from <time>", "RFC 3339, or an age such as -24h")
    .option("--to <time>", "the same");
  examples(list, "audit list --from -24h", "audit list --action board.create --json");
  run(
    list,
    async (
      { client, out },
      _,
      options: { action?: string; actor?: string; resource?: string; from?: string; to?: string },
    ) => {
      const rows = paginate(client().audit.list, { query: { ...options, limit: 200 } });
      await out.list(
        rows,
        [
          ["#", (row) => String(row.index ?? "…")],
          ["when", (row) => row.at],
          ["who", (row) => row.actor.name],
          ["what", (row) => row.name],
          ["on", (row) => row.resource?.name ?? row.resource?.uuid ?? "–"],
          ["how", (row) => stateText(row.status)],
          ["from", (row) => row.address ?? "–"],
        ],
        "Nothing was recorded for this.",
      );
    },
  );

  const head = audit.command("head").description("the latest signed head");
  examples(head, "audit head --json");
  run(head, async ({ client, out }) => {
    const latest = await client().audit.head();
    if (!latest) return out.line("Nothing has been signed yet.");
    out.thing(latest, [
      ["entries", String(latest.size)],
      ["root", latest.root],
      ["signed", latest.at],
      ["key", latest.key],
    ]);
  });

  const verify = audit
    .command("verify")
    .description("check every entry, every head and the witness");
  examples(verify, "audit verify", "audit verify --json");
  run(verify, async ({ client, out }) => {
    const verdict = await client().audit.verify({ body: {} });
    if (out.json) out.thing(verdict, []);
    else if (verdict.intact)
      out.line(
        `${pc.green("✓")} The log is intact: ${verdict.size} entries, ${verdict.witnessed} heads as the witness has them.`,
      );
    if (!verdict.intact)
      throw fail("audit.tampered", {
        index: verdict.firstBad ?? 0,
        because: verdict.because ?? "unknown",
      });
  });
};

import { paginate } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { ageText, stateText } from "../output.ts";

export const register = (program: Command): void => {
  const token = program.command("token").description("my sessions and tokens");

  const list = token.command("list").description("list them");
  examples(list, "token list");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().tokens.list, { query: { limit: 200 } }),
      [
        ["state", (row) => stateText(row.status)],
        ["name", (row) => `${row.name}${row.current ? " (this one)" : ""}`],
        ["kind", (row) => row.kind],
        ["used", (row) => ageText(row.lastUsedAt)],
        ["ends", (row) => row.expiresAt],
        ["from", (row) => row.address ?? "–"],
        ["by", (row) => row.agent ?? "–"],
        ["id", (row) => row.uuid],
      ],
      "None.",
    ),
  );

  const create = token
    .command("create")
    .description("make a token for a script, with my rights")
    .argument("<name>")
    .option("--days <n>", "how long it is good", "30");
  examples(create, "token create nightly-report --days 90");
  run(create, async ({ client, out }, [name = ""], { days }: { days: string }) => {
    const { secret, token: made } = await client().tokens.create({
      body: { name, expiresInS: Math.round(Number(days) * 86_400) },
    });
    out.thing({ ...made, secret }, [
      ["token", secret],
      ["ends", made.expiresAt],
      ["", "It is shown this once. Use it as S4T_TOKEN, beside S4T_URL."],
    ]);
  });

  const others = token
    .command("end-others")
    .description("end all my sessions but this one; tokens for scripts stay");
  examples(others, "token end-others");
  run(others, async ({ client, out }) => {
    const { ended } = await client().tokens.endOthers();
    out.thing({ ended }, [["ended", String(ended)]]);
  });

  const revoke = token.command("revoke").description("end one now").argument("<id>");
  examples(revoke, "token revoke 0192f0a0-0000-7000-8000-000000000000");
  run(revoke, async ({ client, out }, [uuid = ""]) => {
    await client().tokens.revoke({ params: { uuid } });
    out.thing({ uuid, status: "revoked" }, [["ended", uuid]]);
  });
};

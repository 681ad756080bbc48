import { paginate, type projectRoles } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { stateText } from "../output.ts";

export const register = (program: Command): void => {
  const credential = program.command("credential").description("application credentials");

  const list = credential.command("list").description("list mine");
  examples(list, "credential list");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().credentials.list, { query: { limit: 200 } }),
      [
        ["state", (row) => stateText(row.status)],
        ["name", (row) => row.name],
        ["role", (row) => row.role],
        ["project", (row) => row.project],
        ["ends", (row) => row.expiresAt ?? "never"],
        ["id", (row) => row.uuid],
      ],
      "None.",
    ),
  );

  const create = credential
    .command("create")
    .description("make one for a program, within one project")
    .argument("<name>")
    .option("--role <role>", "at most my own")
    .option("--description <text>", "what it is for")
    .option("--days <n>", "how long it is good; without end unless said");
  examples(create, "credential create dashboard --role auditor --project messina");
  run(
    create,
    async (
      { client, out },
      [name = ""],
      {
        role,
        days,
        description,
      }: { role?: (typeof projectRoles)[number]; days?: string; description?: string },
    ) => {
      const { secret, credential: made } = await client().credentials.create({
        body: {
          name,
          role,
          description,
          expiresInS: days === undefined ? undefined : Math.round(Number(days) * 86_400),
        },
      });
      out.thing({ ...made, secret }, [
        ["id", made.uuid],
        ["secret", secret],
        ["role", made.role],
        ["", "The secret is shown this once."],
      ]);
    },
  );

  const remove = credential
    .command("remove")
    .description("remove one; its sessions end")
    .argument("<credential>", "id or name");
  examples(remove, "credential remove dashboard");
  run(remove, async ({ client, out }, [uuid = ""]) => {
    await client().credentials.remove({ params: { uuid } });
    out.thing({ name: uuid, status: "removed" }, [["removed", uuid]]);
  });
};

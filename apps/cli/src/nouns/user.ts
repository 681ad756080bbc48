import { paginate, type User } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText, stateText } from "../output.ts";
import { readSecret } from "../secret.ts";

const print = ({ out }: Context, user: User): void =>
  out.thing(user, [
    ["name", user.name],
    ["id", user.uuid],
    ["state", stateText(user.status)],
    ["administrator", user.admin ? "yes" : "no"],
    ["mail", user.mail === null ? "–" : `${user.mail}${user.mailVerified ? "" : " (not proved)"}`],
    ["second factor", user.secondFactor ? "on" : "off"],
    ["signed in", ageText(user.lastSignInAt)],
    ...(user.lockedUntil === null ? [] : [["refused until", user.lockedUntil] as const]),
    ["projects", user.projects.map(({ name, role }) => `${name} (${role})`).join(", ") || "–"],
  ]);

export const register = (program: Command): void => {
  const user = program.command("user").description("users");

  const list = user.command("list").description("list users");
  examples(list, "user list", "user list --json");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().users.list, { query: { limit: 200 } }),
      [
        ["state", (row) => stateText(row.status)],
        ["name", (row) => row.name],
        ["administrator", (row) => (row.admin ? "yes" : "")],
        ["signed in", (row) => ageText(row.lastSignInAt)],
        ["projects", (row) => row.projects.map(({ name, role }) => `${name} (${role})`).join(", ")],
      ],
      "No users.",
    ),
  );

  const create = user
    .command("create")
    .description("create a user")
    .argument("<name>")
    .option("--password-file <file>", "file with the password; - for standard input")
    .option("--mail <address>", "mail address")
    .option("--admin", "administrator of the whole cloud");
  examples(
    create,
    "user create chiara --mail chiara@example.org",
    "user create robot --password-file ./secret",
  );
  run(
    create,
    async (
      context,
      [name = ""],
      options: { passwordFile?: string; mail?: string; admin?: boolean },
    ) => {
      const password = await readSecret(options.passwordFile, "Password");
      print(
        context,
        await context
          .client()
          .users.create({ body: { name, password, mail: options.mail, admin: options.admin } }),
      );
    },
  );

  const show = user.command("show").description("show a user").argument("<user>", "id or name");
  examples(show, "user show chiara");
  run(show, async (context, [uuid = ""]) =>
    print(context, await context.client().users.show({ params: { uuid } })),
  );

  const update = user
    .command("update")
    .description("change a user")
    .argument("<user>", "id or name")
    .option("--name <name>", "new name")
    .option("--mail <address>", "new address")
    .option("--disable", "may not sign in any more; all sessions end")
    .option("--enable", "may sign in again")
    .option("--password-file <file>", "new password; all sessions end");
  examples(update, "user update chiara --disable", "user update chiara --password-file ./secret");
  run(
    update,
    async (
      context,
      [uuid = ""],
      options: {
        name?: string;
        mail?: string;
        disable?: boolean;
        enable?: boolean;
        passwordFile?: string;
      },
    ) => {
      const status =
        options.disable === true
          ? ("disabled" as const)
          : options.enable === true
            ? ("active" as const)
            : undefined;
      const password =
        options.passwordFile === undefined
          ? undefined
          : await readSecret(options.passwordFile, "Password");
      print(
        context,
        await context.client().users.update({
          params: { uuid },
          body: { name: options.name, mail: options.mail, status, password },
        }),
      );
    },
  );

  const unlock = user
    .command("unlock")
    .description("forget a user's wrong tries: they may sign in at once")
    .argument("<user>", "id or name");
  examples(unlock, "user unlock chiara");
  run(unlock, async ({ client, out }, [uuid = ""]) => {
    await client().users.unlock({ params: { uuid } });
    out.thing({ name: uuid, status: "unlocked" }, [["may sign in", uuid]]);
  });

  const sessions = user
    .command("sessions")
    .description("a user's sessions and tokens")
    .argument("<user>", "id or name")
    .option("--end", "end them all");
  examples(sessions, "user sessions chiara", "user sessions chiara --end");
  run(sessions, async (context, [uuid = ""], { end }: { end?: boolean }) => {
    const { client, out } = context;
    if (end === true) {
      await context.confirm("They are signed out everywhere, and their tokens end.", uuid);
      const { ended } = await client().tokens.endOf({ params: { uuid } });
      return out.thing({ ended }, [["ended", String(ended)]]);
    }
    await out.list(
      paginate(client().tokens.listOf, { params: { uuid }, query: { limit: 200 } }),
      [
        ["state", (row) => stateText(row.status)],
        ["kind", (row) => row.kind],
        ["name", (row) => row.name],
        ["used", (row) => ageText(row.lastUsedAt)],
        ["from", (row) => row.address ?? "–"],
        ["by", (row) => row.agent ?? "–"],
        ["id", (row) => row.uuid],
      ],
      "None.",
    );
  });

  const reset = user
    .command("reset-second-factor")
    .description("take a user's second factor away, who has lost it; their sessions end")
    .argument("<user>", "id or name");
  examples(reset, "user reset-second-factor chiara");
  run(reset, async (context, [uuid = ""]) => {
    const client = context.client();
    const { name, uuid: id } = await client.users.show({ params: { uuid } });
    await context.confirm(`${name} signs in by password alone from then on.`, name);
    await client.secondFactor.reset({ params: { uuid: id } });
    context.out.thing({ uuid: id, name, status: "reset" }, [["second factor", "off"]]);
  });

  const remove = user
    .command("remove")
    .description("remove a user, their sessions, tokens and credentials")
    .argument("<user>", "id or name");
  examples(remove, "user remove chiara", "user remove chiara --yes");
  run(remove, async (context, [uuid = ""]) => {
    const client = context.client();
    const { name, uuid: id } = await client.users.show({ params: { uuid } });
    await context.confirm("The user is removed for good.", name);
    await client.users.remove({ params: { uuid: id } });
    context.out.thing({ uuid: id, name, status: "removed" }, [["removed", name]]);
  });
};

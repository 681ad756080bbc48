import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { readSecret } from "../secret.ts";

const passwordFile = ["--password-file <file>", "file with it; - for standard input"] as const;

export const register = (program: Command): void => {
  const account = program.command("account").description("my password and mail address");

  const password = account
    .command("password")
    .description("change my password; my other sessions end")
    .option("--password-file <file>", "file with the present one; - for standard input")
    .option("--new-password-file <file>", "file with the new one");
  examples(
    password,
    "account password",
    "account password --password-file ./old --new-password-file ./new",
  );
  run(
    password,
    async (
      { client, out },
      _args,
      options: { passwordFile?: string; newPasswordFile?: string },
    ) => {
      const current = await readSecret(options.passwordFile, "Present password");
      const next = await readSecret(options.newPasswordFile, "New password");
      await client().sessions.changePassword({ body: { current, next } });
      out.thing({ status: "changed" }, [["password", "changed; all other sessions have ended"]]);
    },
  );

  const mail = account
    .command("mail")
    .description("have a link sent to an address, which is mine once it was opened")
    .argument("<address>")
    .option(...passwordFile);
  examples(mail, "account mail chiara@example.org");
  run(mail, async ({ client, out }, [address = ""], options: { passwordFile?: string }) => {
    const word = await readSecret(options.passwordFile, "Password");
    await client().mailAddresses.change({ body: { mail: address, password: word } });
    out.thing({ mail: address, status: "asked" }, [["a link is on its way to", address]]);
  });

  const lost = account
    .command("lost-password")
    .description("ask for a link that sets a new password")
    .argument("<address>", "mail address");
  examples(lost, "account lost-password chiara@example.org");
  run(lost, async ({ client, out }, [address = ""]) => {
    await client().passwordResets.ask({ body: { mail: address } });
    out.thing({ mail: address, status: "asked" }, [
      ["asked", "if somebody has this address, a link is on its way; it is good for half an hour"],
    ]);
  });
};

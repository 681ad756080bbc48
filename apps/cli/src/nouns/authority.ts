import type { Authority } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";

const print = ({ out }: Context, authority: Authority): void =>
  out.thing(authority, [
    ["fingerprint", authority.fingerprint],
    ["good until", authority.expiresAt],
    ["earlier", authority.earlier.join(", ") || "–"],
  ]);

export const register = (program: Command): void => {
  const authority = program
    .command("authority")
    .description("who vouches for the cloud beyond its own machine");

  const show = authority
    .command("show")
    .description("show it")
    .option("--pem", "print its certificate alone");
  examples(show, "authority show", "authority show --pem > ca.pem");
  run(show, async (context, _args, options: { pem?: boolean }) => {
    const shown = await context.client().authority.show();
    if (options.pem === true) context.out.raw(shown.certificate);
    else print(context, shown);
  });

  const replace = authority
    .command("replace")
    .description("make a new one, signed under the present one; boards follow by themselves");
  examples(replace, "authority replace");
  run(replace, async (context) => {
    await context.confirm(
      "Programs that trust the certificate of today need the new one. Boards follow by themselves.",
      "replace",
    );
    print(context, await context.client().authority.replace({ body: {} }));
  });
};

import type { Command } from "commander";
import { renderUnicodeCompact } from "uqr";
import { type Context, examples, run } from "../context.ts";
import { askCode, readSecret } from "../secret.ts";

const printCodes = ({ out }: Context, status: string, recoveryCodes: readonly string[]): void =>
  out.thing({ status, recoveryCodes }, [
    ["second factor", status],
    ...recoveryCodes.map((code, i) => [i === 0 ? "recovery codes" : "", code] as const),
    ["", "They are shown this once. Each signs in once when the authenticator app is lost."],
  ]);

const codeOption = ["--code <code>", "of the authenticator app, or a recovery code"] as const;

export const register = (program: Command): void => {
  const noun = program
    .command("second-factor")
    .description("codes that my sign-in asks for besides the password");

  const show = noun.command("show").description("whether it is on");
  examples(show, "second-factor show");
  run(show, async ({ client, out }) => {
    const factor = await client().secondFactor.show();
    out.thing(factor, [
      ["second factor", factor.status],
      ["since", factor.since ?? "–"],
      ["recovery codes left", String(factor.recoveryCodesLeft)],
    ]);
  });

  const on = noun
    .command("on")
    .description("set it up: show the secret, take a code of it, show recovery codes")
    .option("--password-file <file>", "file with the password; - for standard input");
  examples(on, "second-factor on");
  run(on, async (context, _args, { passwordFile }: { passwordFile?: string }) => {
    const { secondFactor } = context.client();
    const password = await readSecret(passwordFile, "Password");
    const { secret, uri } = await secondFactor.begin({ body: { password } });
    context.out.note(
      `${renderUnicodeCompact(uri)}\nScan this with an authenticator app, or type the secret: ${secret}`,
    );
    const { recoveryCodes } = await secondFactor.confirm({ body: { code: await askCode() } });
    printCodes(context, "on", recoveryCodes);
  });

  const codes = noun
    .command("codes")
    .description("get new recovery codes; the old ones are good for nothing")
    .option(...codeOption);
  examples(codes, "second-factor codes");
  run(codes, async (context, _args, { code }: { code?: string }) => {
    const { recoveryCodes } = await context
      .client()
      .secondFactor.renewCodes({ body: { code: code ?? (await askCode()) } });
    printCodes(context, "on", recoveryCodes);
  });

  const off = noun
    .command("off")
    .description("sign in by password alone again")
    .option(...codeOption);
  examples(off, "second-factor off --code 123456");
  run(off, async ({ client, out }, _args, { code }: { code?: string }) => {
    await client().secondFactor.remove({ body: { code: code ?? (await askCode()) } });
    out.thing({ status: "off" }, [["second factor", "off"]]);
  });
};

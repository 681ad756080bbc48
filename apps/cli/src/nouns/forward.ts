import { fail } from "@s4t/sdk";
import { forward, forwardStdio, type LocalForward } from "@s4t/sdk/node";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { type ForwardSpec, parseForward, reachOf } from "../reach.ts";

const hold = async (context: Context, board: string, spec: ForwardSpec): Promise<LocalForward> => {
  const { client, out } = context;
  const { host, port, localPort } = spec;
  const endpoint = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  let wasLost = false;
  const held = await forward(client(), {
    ...(await reachOf(context, board)),
    ...{ host, port, listenPort: localPort },
    onState(state) {
      if (state === "lost") out.note(pc.yellow(`… the way to ${endpoint} is lost`));
      else if (wasLost) out.note(pc.green(`✓ the way to ${endpoint} is back`));
      wasLost = state === "lost";
    },
    onRefused: (error) => out.note(`✕ ${error instanceof Error ? error.message : String(error)}`),
  });
  const local = `${held.host}:${held.port}`;
  if (out.json) out.raw(`${JSON.stringify({ local, localPort: held.port, board, host, port })}\n`);
  else out.raw(`${pc.bold(local)} leads to ${endpoint} of ${board}\n`);
  return held;
};

export const register = (program: Command): void => {
  const command = program
    .command("forward")
    .description(
      "ports of this machine that lead to what a board reaches, for as long as this runs",
    )
    .argument("<board>", "id or name")
    .argument("<endpoints...>", "[LOCAL:]HOST:PORT, [LOCAL:]SERVICE, or [LOCAL:]PORT of the board")
    .option("--stdio", "one connection, by standard input and output: for ssh's ProxyCommand");
  examples(
    command,
    "forward lamp-7 8080:127.0.0.1:80",
    "forward lamp-7 web 5020:192.168.1.20:502",
    "ssh -o ProxyCommand='s4t forward --stdio lamp-7 22' maria@lamp-7",
  );
  run(command, async (context, [board = "", ...texts], { stdio }: { stdio?: boolean }) => {
    const { client, signal } = context;
    const specs: ForwardSpec[] = [];
    for (const text of texts) specs.push(await parseForward(client, text));
    const [first] = specs;
    if (stdio === true) {
      if (!first || specs.length > 1)
        throw fail("request.invalid", { where: "--stdio", because: "takes one endpoint" });
      const options = { ...(await reachOf(context, board)), host: first.host, port: first.port };
      const { stdin: input, stdout: output } = process;
      return forwardStdio(client(), options, { input, output });
    }
    const held: LocalForward[] = [];
    try {
      for (const spec of specs) held.push(await hold(context, board, spec));
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } finally {
      for (const each of held) each.close();
    }
  });
};

// Commands to a board: asked through the cloud, answered by the board, at once or when it is next there.
import { parseDurationMs } from "@s4t/kit";
import { fail, type Operation } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "./context.ts";
import { printOperation, requireSuccess } from "./operation.ts";

/** How long a command waits for its board's answer before it prints what it has. */
export const COMMAND_WAIT_S = 20;

interface Delivery {
  readonly whenOnline?: boolean;
  readonly expires?: string;
  readonly wait?: string;
}

const waitOf = ({ wait }: Delivery): number | undefined => {
  if (wait === undefined) return COMMAND_WAIT_S;
  if (!/^\d{1,3}$/.test(wait))
    throw fail("request.invalid", { where: "--wait", because: "must be a number of seconds" });
  return Number(wait) || undefined;
};

const perform = async (
  context: Context,
  verb: "ping" | "restart" | "reboot",
  uuid: string,
  options: Delivery,
): Promise<Operation> => {
  const expiresInS =
    options.expires === undefined ? undefined : Math.ceil(parseDurationMs(options.expires) / 1_000);
  return context.client().boards[verb]({
    params: { uuid },
    body: { deliver: options.whenOnline === true ? "when-online" : "now", expiresInS },
    // A network that repeats the request must not make the board do it twice.
    idempotencyKey: crypto.randomUUID(),
    wait: waitOf(options),
  });
};

const addDelivery = (command: Command): Command =>
  command
    .option("--when-online", "wait for a board that is away")
    .option("--expires <duration>", "how long it may wait for its board; 1d unless said")
    .option("--wait <seconds>", `how long to wait for the answer; ${COMMAND_WAIT_S} unless said`);

const addPing = (board: Command): void => {
  const ping = board
    .command("ping")
    .description("ask for a sign of life")
    .argument("<board>", "id or name")
    .option("--count <n>", "how often", "1");
  examples(ping, "board ping garibaldi-12", "board ping garibaldi-12 --count 5");
  run(ping, async (context, [uuid = ""], { count }: { count: string }) => {
    for (let i = 0; i < Number(count) && !context.signal.aborted; i += 1) {
      const operation = await perform(context, "ping", uuid, {});
      const { latencyMs } = (operation.result ?? {}) as { latencyMs?: unknown };
      if (operation.status === "done" && typeof latencyMs === "number")
        context.out.thing(operation, [[uuid, `answered in ${latencyMs.toFixed(1)} ms`]]);
      else printOperation(context.out, operation);
      requireSuccess(operation);
    }
  });
};

/** Adds the verbs that ask something of a board. */
export const addCommands = (board: Command): void => {
  addPing(board);
  for (const [verb, about] of [
    ["restart", "restart the agent"],
    ["reboot", "reboot the machine, where its owner allowed it"],
  ] as const) {
    const command = addDelivery(
      board.command(verb).description(about).argument("<board>", "id or name"),
    );
    examples(
      command,
      `board ${verb} garibaldi-12`,
      `board ${verb} garibaldi-12 --when-online --expires 2h`,
    );
    run(command, async (context, [uuid = ""], options: Delivery) => {
      if (verb === "reboot") await context.confirm("The machine goes down now.", uuid);
      const operation = await perform(context, verb, uuid, options);
      printOperation(context.out, operation);
      requireSuccess(operation);
    });
  }
};

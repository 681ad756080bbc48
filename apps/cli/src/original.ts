// Boards that run the original agent: what they cannot do, and the procedures that only they have.
import { type Board, fail, type OriginalCall } from "@s4t/sdk";
import type { Command } from "commander";
import { COMMAND_WAIT_S } from "./board-commands.ts";
import { examples, run } from "./context.ts";
import { printOperation, requireSuccess } from "./operation.ts";

/** What is told of an agent of this kind; undefined of agents of ours. */
const limitsOf = (kind: Board["agent"]["kind"] | undefined): string | undefined =>
  kind === "original"
    ? "runs the original agent: no key, no signed plugins, no sensors, settings, shell, files or forwards, no commands that wait"
    : undefined;

/** The same as a row of what is shown. */
export const limitRows = (kind: Parameters<typeof limitsOf>[0]): [string, string][] => {
  const limits = limitsOf(kind);
  return limits === undefined ? [] : [["limits", limits]];
};

const parseArgs = (text: string | undefined): unknown[] => {
  if (text === undefined) return [];
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value : [value];
  } catch {
    throw fail("request.invalid", { where: "--args", because: "must be JSON" });
  }
};

/** Adds the verb. */
export const addOriginal = (board: Command): void => {
  const original = board
    .command("original")
    .description("call a procedure that only the original agent has, by its name")
    .argument("<board>", "id or name")
    .argument("<method>", "such as DeviceNetConfig, DeviceEcho, DeviceUpgradeLR")
    .option("--args <json>", "its arguments: one, or a list of them")
    .option("--wait <seconds>", `how long to wait for the answer; ${COMMAND_WAIT_S} unless said`);
  examples(
    original,
    "board original old-7 DeviceNetConfig",
    `board original old-7 DeviceEcho --args '{"say":"ciao"}'`,
    `board original old-7 DeviceUpgradeLR --args '{"version":"0.5.0"}' --wait 0`,
  );
  run(
    original,
    async (context, [uuid = "", method = ""], options: { args?: string; wait?: string }) => {
      const operation = await context.client().boards.original({
        params: { uuid },
        body: { method: method as OriginalCall["method"], args: parseArgs(options.args) },
        // A network that repeats the request must not make the board do it twice.
        idempotencyKey: crypto.randomUUID(),
        wait: Number(options.wait ?? COMMAND_WAIT_S) || undefined,
      });
      printOperation(context.out, operation);
      requireSuccess(operation);
    },
  );
};

// A call of a plugin: its answer or why there is none, and Ctrl-C that takes the call back on the board too.
import { callPlugin, fail, type Operation } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { requireSuccess } from "../operation.ts";
import { readJsonArgument } from "./json-argument.ts";
import { seconds } from "./seconds.ts";

/** How long after Ctrl-C is waited for the cloud's word that the call is canceled. */
export const CANCEL_WITHIN_MS = 5_000;

const tracebackOf = (problem: object | null): string | undefined => {
  const { details } = (problem ?? {}) as { details?: { traceback?: unknown } };
  return typeof details?.traceback === "string" ? details.traceback : undefined;
};

/** Prints what a call answered; throws why it has no answer, the plugin's own traceback before it. */
export const showAnswer = ({ out }: Context, operation: Operation): void => {
  const traceback = tracebackOf(operation.problem);
  if (out.json) out.thing(operation, []);
  else if (operation.status === "done") {
    const { result } = (operation.result ?? {}) as { result?: unknown };
    out.raw(`${typeof result === "string" ? result : JSON.stringify(result ?? null, null, 2)}\n`);
  }
  if (traceback !== undefined) out.note(traceback.trimEnd());
  requireSuccess(operation);
};

export interface Call {
  readonly board: string;
  readonly plugin: string;
  readonly parameters: Record<string, unknown>;
  readonly timeoutS?: number | undefined;
  /** Takes it back. */
  readonly cancel: AbortSignal;
}

/** Calls, and answers how it ended; canceled too, which is said. */
export const callToItsEnd = async (context: Context, call: Call): Promise<Operation> => {
  const { out } = context;
  const givenUp = new AbortController();
  const giveUpLater = () => {
    const timer = setTimeout(() => givenUp.abort(fail("request.canceled")), CANCEL_WITHIN_MS);
    timer.unref();
  };
  call.cancel.addEventListener("abort", giveUpLater, { once: true });
  let underWay: Operation | undefined;
  try {
    const operation = await callPlugin(context.lastingClient(), {
      ...call,
      signal: givenUp.signal,
      onUnderWay: (begun) => {
        underWay = begun;
        out.note(`Under way as operation ${begun.uuid}; Ctrl-C cancels it.`);
      },
    });
    if (operation.status === "canceled") out.note(`Operation ${operation.uuid} was canceled.`);
    return operation;
  } catch (error) {
    if (call.cancel.aborted)
      out.note(
        underWay
          ? `It may still be under way: s4t op cancel ${underWay.uuid}`
          : "It may still be under way: s4t op list --status running",
      );
    throw error;
  } finally {
    call.cancel.removeEventListener("abort", giveUpLater);
  }
};

/** Adds `call`. */
export const addCall = (plugin: Command): void => {
  const call = plugin
    .command("call")
    .description("call a synchronous plugin and print its result; Ctrl-C cancels the call")
    .argument("<board>", "id or name")
    .argument("<plugin>", "id or name")
    .option("--params <json>", "parameters; @FILE reads them, - standard input", "{}")
    .option("--timeout <seconds>", "how long it may take; the plugin's own limit unless said");
  examples(
    call,
    'plugin call garibaldi-12 hello --params \'{"name":"x"}\'',
    "plugin call garibaldi-12 hello --json",
  );
  run(
    call,
    async (context, [board = "", name = ""], flags: { params: string; timeout?: string }) => {
      const operation = await callToItsEnd(context, {
        ...{ board, plugin: name, cancel: context.signal },
        timeoutS: flags.timeout === undefined ? undefined : seconds("--timeout", flags.timeout),
        parameters: await readJsonArgument(flags.params, "--params"),
      });
      showAnswer(context, operation);
    },
  );
};

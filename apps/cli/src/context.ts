// What every command works with: the cloud that was found, how to print, what was asked for on every command.
import { type Client, createClient, fail } from "@s4t/sdk";
import { type FoundCloud, findCloud } from "@s4t/sdk/node";
import type { Command } from "commander";
import { Output } from "./output.ts";
import { inTypedWords } from "./wording.ts";

export interface GlobalOptions {
  readonly json?: boolean;
  readonly project?: string;
  readonly url?: string;
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

/** Lives for one command. */
export interface Context {
  readonly out: Output;
  readonly options: GlobalOptions;
  readonly signal: AbortSignal;
  cloud(): FoundCloud;
  client(): Client;
  /** One whose requests Ctrl-C does not end: for who has to take something back then. */
  lastingClient(): Client;
  /** Asks for a typed name before something that cannot be undone; `--yes` answers. */
  confirm(question: string, typed: string): Promise<void>;
}

/** Makes the context of a command that was parsed. */
export const contextOf = (command: Command, signal: AbortSignal): Context => {
  const options = command.optsWithGlobals<GlobalOptions>();
  const out = new Output({ json: options.json === true, quiet: options.quiet === true });
  let found: FoundCloud | undefined;
  const cloud = (): FoundCloud => {
    found ??= findCloud({ env: process.env, url: options.url });
    return found;
  };
  const clientUntil = (ends: AbortSignal | undefined): Client =>
    createClient({
      ...cloud(),
      signal: ends,
      ...(options.project === undefined ? {} : { project: options.project }),
    });
  return {
    out,
    options,
    signal,
    cloud,
    // Ctrl-C ends whatever is under way.
    client: () => clientUntil(signal),
    lastingClient: () => clientUntil(undefined),
    async confirm(question, typed) {
      if (options.yes === true) return;
      if (!process.stdin.isTTY)
        throw fail("config.invalid", {
          setting: "--yes",
          because: `is needed where nobody can be asked: ${question.replace(/\.$/, "")}`,
        });
      const { text, isCancel } = await import("@clack/prompts");
      const answer = await text({ message: `${question} Type “${typed}” to go on.` });
      if (isCancel(answer) || answer !== typed) throw fail("request.canceled");
    },
  };
};

/** A command's work: gets its context, then what commander parsed. */
export type Action<Options> = (
  context: Context,
  args: readonly string[],
  options: Options,
) => Promise<void>;

/** Exit code of a command that Ctrl-C ended, as shells expect it. */
export const INTERRUPTED_EXIT_CODE = 130;

const interruption = new AbortController();
/** Aborts with Ctrl-C. */
export const interrupted: AbortSignal = interruption.signal;
// Once: the second time nobody wants to wait for anything, and the system ends the program.
process.once("SIGINT", () => interruption.abort(fail("request.canceled")));

/** Binds work to a command: errors become sentences and exit codes. */
export const run = <Options>(command: Command, work: Action<Options>): Command =>
  command.action(async (...parsed: unknown[]) => {
    const self = parsed.at(-1) as Command;
    const context = contextOf(self, interrupted);
    const args = (parsed.slice(0, -2) as (string | string[] | undefined)[]).flatMap(
      (value) => value ?? [],
    );
    try {
      await work(context, args, self.opts() as Options);
    } catch (error) {
      process.exitCode = context.out.failure(inTypedWords(self, error));
    }
  });

/** Adds examples to a command's help. */
export const examples = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ s4t ${line}`).join("\n")}`);

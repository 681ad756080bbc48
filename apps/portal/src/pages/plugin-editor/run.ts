// From the editor to a board and back: save, put on the board, wait until it holds, call or start.
import { S4tError } from "@s4t/kit";
import type { Injection, Operation, PluginFile, PluginVersion } from "../../live/contract.ts";
import { type ManifestWords, savePlugin } from "../../live/plugin-files.ts";
import { actOnPlugin, callPlugin, inject, showInjection } from "../../live/plugins.ts";
import { text } from "../../text/text.ts";

/** Longest wait for the board to take the version: bytes over a slow line, a runtime that starts. */
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 250;

export const runSteps = ["save", "inject", "run"] as const;
export type RunStep = (typeof runSteps)[number];

export interface RunWish {
  readonly board: string;
  readonly files: readonly PluginFile[];
  readonly words: ManifestWords;
  readonly parameters: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** Cancels the call, on the board too. */
  readonly cancel: AbortSignal;
  readonly onStep: (step: RunStep) => void;
  readonly onSaved: (version: PluginVersion) => void;
}

const isReady = ({ entry, state }: Injection): boolean =>
  entry.state === "reached" && (state === "ready" || state === "running" || state === "failed");

const untilReady = async (
  { board, words, signal }: RunWish,
  version: string,
): Promise<Injection> => {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    const present = await showInjection(board, words.name, signal);
    const { problem } = present.entry;
    if (present.version === version && present.entry.state === "failed" && problem)
      throw new S4tError(problem.code, problem.sentence);
    if (present.version === version && isReady(present)) return present;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    signal.throwIfAborted();
  }
  throw new S4tError("plugin.not-ready", text("editor.not-ready"));
};

/** Runs what is in the editor, and answers the operation. */
export const runDraft = async (wish: RunWish): Promise<Operation> => {
  const { board, files, words, parameters, signal, onStep } = wish;
  onStep("save");
  const { version } = await savePlugin(files, words);
  wish.onSaved(version);
  onStep("inject");
  const isAsync = words.mode === "async";
  await inject(
    board,
    {
      plugin: words.name,
      version: version.version,
      ...(isAsync ? { parameters } : {}),
    },
    signal,
  );
  const present = await untilReady(wish, version.version);
  onStep("run");
  if (!isAsync)
    return callPlugin(board, { plugin: words.name, parameters, signal, cancel: wish.cancel });
  const act = present.state === "running" ? "restart" : "start";
  return actOnPlugin(board, words.name, act, signal);
};

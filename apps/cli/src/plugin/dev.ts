// Save, and it runs on the board: each change of the source becomes a version, is injected, and is called where it waits for that,
// while lines are followed.
import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createPlugin, fail, type OwnerKey } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { isS4tErrorLike } from "../errors.ts";
import { callToItsEnd, showAnswer } from "./call.ts";
import { readJsonArgument } from "./json-argument.ts";
import { readKeyFile } from "./key-file.ts";
import { followLines, nextLine } from "./lines.ts";
import { INJECT_WAIT_S, untilReached } from "./on-board.ts";
import { packSource, type SourceFlags } from "./source.ts";
import { addSourceFlags } from "./source-flags.ts";

/** Editors write in several steps: a change is taken once there was none for so long. */
const SETTLE_MS = 40;

/** Calls `changed` soon after each change below a path, until the signal aborts. */
const watchSource = async (
  path: string,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> => {
  const isFolder = (await stat(path)).isDirectory();
  let timer: NodeJS.Timeout | undefined;
  // A file's folder: editors put a new file in its place.
  const watcher = watch(
    isFolder ? path : dirname(path),
    { recursive: isFolder, signal },
    (_, name) => {
      if (!isFolder && name !== basename(path)) return;
      clearTimeout(timer);
      timer = setTimeout(changed, SETTLE_MS);
    },
  );
  watcher.on("error", () => {});
  signal.addEventListener("abort", () => clearTimeout(timer));
};

interface DevFlags extends SourceFlags {
  readonly key?: string;
  readonly params?: string;
}

interface Work {
  readonly board: string;
  readonly path: string;
  readonly flags: DevFlags;
  readonly key: OwnerKey | undefined;
  readonly parameters: Record<string, unknown> | undefined;
}

interface Brought {
  readonly plugin: string;
  /** Number of the first line that may be of this version, for who begins to follow. */
  readonly from: number;
  readonly isCalled: boolean;
}

const bring = async (context: Context, work: Work, isFollowed: boolean): Promise<Brought> => {
  const { board, path, flags, key, parameters } = work;
  const began = performance.now();
  const packed = await packSource(path, flags);
  const client = context.client();
  const { plugin, version } = await createPlugin(client, packed, { key, signal: context.signal });
  const isCalled = version.manifest.mode === "sync";
  const params = { uuid: board, plugin: plugin.uuid };
  // Before it begins: its first lines come while the board is still being waited for.
  const from = isFollowed ? 0 : await nextLine(context, board, plugin.uuid);
  await client.injections.inject({
    params,
    body: {
      version: version.version,
      ...(isCalled ? {} : { onBoot: true, parameters }),
    },
  });
  await untilReached(context, board, plugin.uuid, INJECT_WAIT_S);
  const tookMs = Math.round(performance.now() - began);
  context.out.note(
    pc.green(`✓ ${plugin.name}, version ${version.number}, is on the board after ${tookMs} ms`),
  );
  return { plugin: plugin.uuid, from, isCalled };
};

/** Shows what it answers; throws why it does not. One that was taken back is no failure. */
const callIt = async (
  context: Context,
  { board, parameters = {} }: Work,
  plugin: string,
  cancel: AbortSignal,
): Promise<void> => {
  const began = performance.now();
  const operation = await callToItsEnd(context, { board, plugin, parameters, cancel });
  if (operation.status === "canceled") return;
  showAnswer(context, operation);
  context.out.note(pc.dim(`answered after ${Math.round(performance.now() - began)} ms`));
};

/** Adds `dev`. */
export const addDev = (plugin: Command): void => {
  const dev = addSourceFlags(
    plugin
      .command("dev")
      .description(
        "work on a plugin: what you save runs on the board, its lines below; a synchronous one is called after each save, and a save ends a call that goes on",
      )
      .argument("<board>", "id or name")
      .argument("<path>", "file or folder")
      .option("--params <json>", "parameters it is called or started with; @FILE reads them")
      .option("--key <file>", "the owner's key, on a sealed project"),
  );
  examples(
    dev,
    'plugin dev garibaldi-12 ./hello.py --params \'{"name":"x"}\'',
    "plugin dev garibaldi-12 ./logger",
  );
  run(dev, async (context, [board = "", path = ""], flags: DevFlags) => {
    const work: Work = {
      ...{ board, path, flags },
      key: flags.key === undefined ? undefined : await readKeyFile(flags.key),
      parameters:
        flags.params === undefined ? undefined : await readJsonArgument(flags.params, "--params"),
    };
    let following: Promise<void> | undefined;
    let isBusy = false;
    let superseded = new AbortController();
    let isChanged = true;
    const once = async (): Promise<void> => {
      superseded = new AbortController();
      const cancel = AbortSignal.any([context.signal, superseded.signal]);
      const { plugin, from, isCalled } = await bring(context, work, following !== undefined);
      following ??= followLines(context, board, plugin, { from }).catch((error: unknown) => {
        // The next save follows again.
        following = undefined;
        context.out.failure(error);
      });
      if (isCalled && !cancel.aborted) await callIt(context, work, plugin, cancel);
    };
    const round = async (): Promise<void> => {
      isBusy = true;
      while (isChanged && !context.signal.aborted) {
        isChanged = false;
        try {
          await once();
        } catch (error) {
          if (context.signal.aborted) break;
          // A program that is not right yet is what this is for: said, and the next save tries again.
          if (!isS4tErrorLike(error)) throw error;
          context.out.failure(error);
        }
      }
      isBusy = false;
    };
    let working: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        if (isBusy) return;
        working = round();
        working.catch(reject);
      };
      context.signal.addEventListener("abort", () => resolve(), { once: true });
      watchSource(path, context.signal, () => {
        isChanged = true;
        superseded.abort(fail("request.canceled"));
        begin();
      }).catch(reject);
      begin();
    });
    // A call that Ctrl-C takes back is taken back before this ends.
    await Promise.all([working, following]);
  });
};

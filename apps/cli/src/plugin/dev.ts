// Save, and it runs on the board: each change of the source becomes a version and is injected, while lines are followed.
import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createPlugin, type OwnerKey } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { isS4tErrorLike } from "../errors.ts";
import { readKeyFile } from "./key-file.ts";
import { followLines, nextLine } from "./lines.ts";
import { INJECT_WAIT_S, untilReached } from "./on-board.ts";
import { packSource, type SourceFlags } from "./source.ts";
import { addSourceFlags } from "./source-flags.ts";

/** Editors write in several steps: a change is taken once there was none for so long. */
const SETTLE_MS = 80;

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
  readonly onBoot?: boolean;
}

const bring = async (
  context: Context,
  board: string,
  path: string,
  flags: DevFlags,
  key: OwnerKey | undefined,
): Promise<{ uuid: string; from: number }> => {
  const began = performance.now();
  const packed = await packSource(path, flags);
  const client = context.client();
  const { plugin, version } = await createPlugin(client, packed, { key, signal: context.signal });
  const params = { uuid: board, plugin: plugin.uuid };
  // Before it begins: its first lines come while the board is still being waited for.
  const from = await nextLine(context, board, plugin.uuid);
  await client.injections.inject({
    params,
    body: {
      version: version.version,
      ...(version.manifest.mode === "async" ? { onBoot: true } : {}),
    },
  });
  await untilReached(context, board, plugin.uuid, INJECT_WAIT_S);
  const tookMs = Math.round(performance.now() - began);
  context.out.note(
    pc.green(`✓ ${plugin.name}, version ${version.number}, is on the board after ${tookMs} ms`),
  );
  return { uuid: plugin.uuid, from };
};

/** Adds `dev`. */
export const addDev = (plugin: Command): void => {
  const dev = addSourceFlags(
    plugin
      .command("dev")
      .description("work on a plugin: what you save runs on the board, its lines below")
      .argument("<board>", "id or name")
      .argument("<path>", "file or folder")
      .option("--key <file>", "the owner's key, on a sealed project"),
  );
  examples(dev, "plugin dev garibaldi-12 ./hello.py", "plugin dev garibaldi-12 ./logger");
  run(dev, async (context, [board = "", path = ""], flags: DevFlags) => {
    const key = flags.key === undefined ? undefined : await readKeyFile(flags.key);
    let following: Promise<void> | undefined;
    let isBusy = false;
    let isChanged = true;
    const round = async (): Promise<void> => {
      if (isBusy) return;
      isBusy = true;
      while (isChanged && !context.signal.aborted) {
        isChanged = false;
        try {
          const { uuid, from } = await bring(context, board, path, flags, key);
          following ??= followLines(context, board, uuid, { from }).catch((error: unknown) => {
            // The next save follows again.
            following = undefined;
            context.out.failure(error);
          });
        } catch (error) {
          if (context.signal.aborted) break;
          // A program that is not right yet is what this is for: said, and the next save tries again.
          if (!isS4tErrorLike(error)) throw error;
          context.out.failure(error);
        }
      }
      isBusy = false;
    };
    await new Promise<void>((resolve, reject) => {
      context.signal.addEventListener("abort", () => resolve(), { once: true });
      watchSource(path, context.signal, () => {
        isChanged = true;
        round().catch(reject);
      }).catch(reject);
      round().catch(reject);
    });
    await following;
  });
};

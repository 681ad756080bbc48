import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type BoardFile, listFiles, type Transferred } from "@s4t/sdk";
import { downloadFile, downloadTo, uploadFile } from "@s4t/sdk/node";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText } from "../output.ts";
import { type KeyFlags, reachOf, withKey } from "../reach.ts";

/** How often a progress line is drawn anew. */
const PROGRESS_MS = 200;

const sizeText = (bytes: number): string =>
  bytes < 10_240 ? `${bytes} B` : `${(bytes / 1_048_576).toFixed(1)} MiB`;

const modeText = ({ mode }: BoardFile): string => mode.toString(8).padStart(4, "0");

/** One line that is drawn again and again, where somebody looks. */
const progressOf = ({ out }: Context) => {
  const isShown = process.stderr.isTTY === true && !out.json;
  const began = performance.now();
  let drawn: number | undefined;
  return {
    onProgress(done: number, total: number): void {
      const now = performance.now();
      const isEarly = drawn !== undefined && now - drawn < PROGRESS_MS;
      if (!isShown || (isEarly && done < total)) return;
      drawn = now;
      const rate = done / Math.max(0.001, (now - began) / 1_000);
      const share = total > 0 ? Math.floor((done / total) * 100) : 100;
      process.stderr.write(
        `\r\u001b[K${share} %  ${sizeText(done)} of ${sizeText(total)}  ${sizeText(rate)}/s`,
      );
    },
    end(): void {
      if (isShown && drawn !== undefined) process.stderr.write("\r\u001b[K");
    },
  };
};

const print = ({ out }: Context, path: string, { bytes, sha256 }: Transferred): void =>
  out.thing({ path, bytes, sha256 }, [
    ["file", path],
    ["size", sizeText(bytes)],
    ["sha256", sha256],
  ]);

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

export const register = (program: Command): void => {
  const file = program
    .command("file")
    .description("files of a board, in folders that its owner allows");

  const list = withKey(
    file
      .command("list")
      .description("list a folder of a board")
      .argument("<board>", "id or name")
      .argument("[path]", "the first folder that its owner allows unless said", ""),
  );
  examples(list, "file list lamp-7", "file list lamp-7 /var/log --json");
  run(list, async (context, [board = "", path = ""], flags: KeyFlags) => {
    const options = { ...(await reachOf(context, board, flags)), path };
    await context.out.list(
      await listFiles(context.client(), options),
      [
        ["name", (row) => (row.type === "folder" ? `${row.name}/` : row.name)],
        ["size", (row) => (row.type === "file" ? sizeText(row.bytes) : row.type)],
        ["mode", modeText],
        ["changed", (row) => ageText(new Date(row.modifiedMs).toISOString())],
      ],
      "The folder is empty.",
    );
  });

  const get = withKey(
    file
      .command("get")
      .description("take a file from a board; its SHA-256 is compared")
      .argument("<board>", "id or name")
      .argument("<path>", "on the board")
      .argument("[local]", "here; - is standard output"),
  );
  examples(get, "file get lamp-7 /var/log/syslog", "file get lamp-7 data.csv - | head");
  run(get, async (context, [board = "", path = "", local = "."], flags: KeyFlags) => {
    const progress = progressOf(context);
    const { onProgress } = progress;
    const options = { ...(await reachOf(context, board, flags)), path, onProgress };
    try {
      if (local === "-") {
        await downloadTo(context.client(), options, process.stdout);
        return;
      }
      const place = isFolder(local) ? join(local, basename(path)) : local;
      const taken = await downloadFile(context.client(), { ...options, local: place });
      progress.end();
      print(context, place, taken);
    } finally {
      progress.end();
    }
  });

  const put = withKey(
    file
      .command("put")
      .description("bring a file to a board; it appears there whole, or not at all")
      .argument("<board>", "id or name")
      .argument("<local>", "here")
      .argument("[path]", "on the board; under the same name in the first folder unless said")
      .option("--mode <octal>", "its permissions; those that it has here unless said"),
  );
  examples(
    put,
    "file put lamp-7 ./new.conf /etc/app/app.conf --mode 640",
    "file put lamp-7 data.csv",
  );
  run(
    put,
    async (context, [board = "", local = "", given = ""], flags: KeyFlags & { mode?: string }) => {
      const path = given === "" || given.endsWith("/") ? given + basename(local) : given;
      const mode = flags.mode === undefined ? {} : { mode: Number.parseInt(flags.mode, 8) };
      const progress = progressOf(context);
      const { onProgress } = progress;
      const options = {
        ...(await reachOf(context, board, flags)),
        path,
        local,
        ...mode,
        onProgress,
      };
      try {
        const brought = await uploadFile(context.client(), options);
        progress.end();
        print(context, path, brought);
      } finally {
        progress.end();
      }
    },
  );
};

import { createWriteStream, existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { examples, run } from "../context.ts";

export const registerBackup = (program: Command): void => {
  const backup = program
    .command("backup")
    .description("write a copy of everything into a file, while the cloud runs")
    .argument("<file>", "one that is there already is replaced with --yes only");
  examples(backup, "backup ./monday.backup", "backup ./latest.backup --yes");
  run(backup, async ({ client, out, signal, confirm }, [file = ""]) => {
    if (existsSync(file))
      await confirm(`${file} is there already and would be replaced.`, "replace");
    const bytes = await client().cloud.backup({ signal });
    const beside = `${file}.part`;
    try {
      await pipeline(
        Readable.fromWeb(bytes as never),
        createWriteStream(beside, { mode: 0o600, flush: true }),
      );
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    const { size } = await stat(file);
    out.thing({ file, sizeBytes: size }, [
      ["written", `${file}, ${(size / 1_048_576).toFixed(1)} MiB. It holds keys: keep it safe.`],
    ]);
  });
};

export const registerRestore = (program: Command): void => {
  const restore = program
    .command("restore")
    .description("replace everything by a backup; boards and people reconnect")
    .argument("<file>");
  examples(restore, "restore ./monday.backup --yes");
  run(restore, async (context, [file = ""]) => {
    await using backup = await open(file);
    await context.confirm("Everything since the backup is lost.", "restore");
    await context.client().cloud.restore({
      bytes: Readable.toWeb(backup.createReadStream()) as never,
      signal: context.signal,
    });
    // Checked whole and taken by now. The restart of the cloud puts it in place, a moment after this answer.
    context.out.thing({ file, status: "restarting" }, [
      ["taken", file],
      ["next", "the cloud restarts with it now; sign in with an account of the backup"],
    ]);
  });
};

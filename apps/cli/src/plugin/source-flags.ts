// Flags of the commands that pack a plugin.
import { pluginModes, pluginRuntimes } from "@s4t/sdk";
import type { Command } from "commander";

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Adds them. What is not said comes from the folder's `plugin.json`, then from the file's name, then from the contract. */
export const addSourceFlags = (command: Command): Command =>
  command
    .option("--name <name>", "name of the plugin; the file's or folder's unless said")
    .option("--runtime <runtime>", `${pluginRuntimes.join(", ")}; by the file's ending unless said`)
    .option("--mode <mode>", `${pluginModes.join(", ")}; sync unless said`)
    .option("--entry <file>", "file of a folder that is run")
    .option("--parameters <file>", "JSON Schema of its parameters")
    .option("--no-network", "keep it from the network; a board that cannot refuses it")
    .option("--children", "let it start other programs")
    .option("--read <path>", "let it read there; may be repeated", collect)
    .option("--write <path>", "let it write there; may be repeated", collect)
    .option("--memory <MiB>", "most memory")
    .option("--cpu <percent>", "most of a processor")
    .option("--processes <n>", "most processes and threads")
    .option("--timeout <seconds>", "longest call")
    .option("--isolated", "a process for each call");

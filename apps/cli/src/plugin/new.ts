// A new plugin on this machine: a folder that runs as it is, small enough to be read whole.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import {
  fail,
  type PluginMode,
  type PluginRuntime,
  pluginModes,
  pluginRuntimes,
  pluginStubs,
} from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { ABOUT_FILE } from "./source.ts";
import { templateOf } from "./templates.ts";

const one = <Value extends string>(flag: string, text: string, of: readonly Value[]): Value => {
  const found = of.find((each) => each === text);
  if (found === undefined)
    throw fail("request.invalid", { where: flag, because: `must be one of ${of.join(", ")}` });
  return found;
};

/** Adds `new`. */
export const addNew = (plugin: Command): void => {
  const made = plugin
    .command("new")
    .description("make a folder with a plugin to begin with; needs no cloud")
    .argument("<folder>")
    .option("--runtime <runtime>", pluginRuntimes.join(", "), "node")
    .option("--mode <mode>", pluginModes.join(", "), "sync");
  examples(made, "plugin new ./hello", "plugin new ./logger --runtime python --mode async");
  run(made, async ({ out }, [folder = ""], flags: { runtime: string; mode: string }) => {
    const runtime: PluginRuntime = one("--runtime", flags.runtime, pluginRuntimes);
    const mode: PluginMode = one("--mode", flags.mode, pluginModes);
    const name = basename(resolve(folder));
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      throw fail("request.invalid", {
        where: "folder",
        because: "must be called like its plugin: lower-case letters, digits, hyphens",
      });
    const { entry, files, parameters } = templateOf(runtime, mode);
    const about = { name, runtime, mode, entry, parameters };
    const stub = pluginStubs[runtime];
    await mkdir(folder, { recursive: true });
    const all = {
      ...files,
      [ABOUT_FILE]: `${JSON.stringify(about, null, 2)}\n`,
      [stub.file]: stub.text,
    };
    // Never over somebody's work.
    for (const [path, text] of Object.entries(all))
      await writeFile(join(folder, path), text, { flag: "wx" }).catch((error: unknown) => {
        throw fail(
          "file.unusable",
          { file: join(folder, path), because: "it is there already, or cannot be written" },
          error,
        );
      });
    out.thing({ name, folder, files: Object.keys(all) }, [
      ["made", Object.keys(all).join(" ")],
      ["next", `s4t plugin create ${folder}`],
    ]);
  });
};

// A plugin on this machine: one file, or a folder whose `plugin.json` says what it is. Flags say the rest, and go first.
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import {
  fail,
  MAX_PLUGIN_BYTES,
  MAX_PLUGIN_FILES,
  type PackedPlugin,
  type PackOptions,
  type PluginFile,
  packPlugin,
  pluginModes,
  pluginRuntimes,
  pluginStubs,
} from "@s4t/sdk";
import { parseJsonObject, readJsonArgument } from "./json-argument.ts";

/** What a folder says of its plugin. */
export const ABOUT_FILE = "plugin.json";

/** For the editor only: written by `plugin new`, of no use on a board. */
const stubFiles: ReadonlySet<string> = new Set(Object.values(pluginStubs).map(({ file }) => file));

/** Flags of the commands that pack. */
export interface SourceFlags {
  readonly name?: string;
  readonly runtime?: string;
  readonly mode?: string;
  readonly entry?: string;
  readonly parameters?: string;
  readonly network?: boolean;
  readonly children?: boolean;
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly memory?: string;
  readonly cpu?: string;
  readonly processes?: string;
  readonly timeout?: string;
  readonly isolated?: boolean;
}

type About = { -readonly [Member in keyof PackOptions]?: PackOptions[Member] };

const runtimeByEnding: Readonly<Record<string, PackOptions["runtime"]>> = {
  ".py": "python",
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
};

const wrong = (where: string, because: string) => fail("request.invalid", { where, because });

/** Files below a folder, but what is hidden, what interpreters leave behind, and what is for the editor. */
const readTree = async (root: string): Promise<PluginFile[]> => {
  const files: PluginFile[] = [];
  let bytes = 0;
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = prefix + entry.name;
      if (entry.name.startsWith(".") || entry.name === "__pycache__") continue;
      if (entry.isDirectory()) await walk(join(folder, entry.name), `${path}/`);
      else if (entry.isFile() && path !== ABOUT_FILE && !stubFiles.has(path)) {
        bytes += (await stat(join(folder, entry.name))).size;
        if (files.length >= MAX_PLUGIN_FILES || bytes > MAX_PLUGIN_BYTES)
          throw fail("plugin.manifest-invalid", {
            because: `it has more than ${MAX_PLUGIN_FILES} files or ${MAX_PLUGIN_BYTES} bytes`,
          });
        files.push({ path, bytes: await readFile(join(folder, entry.name)) });
      }
    }
  };
  await walk(root, "");
  return files;
};

const whole = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw wrong(`--${flag}`, "must be a whole number");
  return Number(text);
};

/** Members that were said. */
const said = <Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };

const one = <Value extends string>(
  flag: string,
  text: string | undefined,
  of: readonly Value[],
) => {
  const found = of.find((each) => each === text);
  if (text !== undefined && found === undefined)
    throw wrong(`--${flag}`, `must be one of ${of.join(", ")}`);
  return found;
};

/** A file's name as a plugin's: `Hello World.py` → `hello-world`. */
const nameFrom = (path: string): string =>
  basename(path, extname(path))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);

/** Reads and packs. Throws `plugin.manifest-invalid`, `request.invalid`, and what the file system says. */
export const packSource = async (path: string, flags: SourceFlags): Promise<PackedPlugin> => {
  const isFolder = (await stat(path)).isDirectory();
  const files = isFolder
    ? await readTree(path)
    : [{ path: basename(path), bytes: await readFile(path) }];
  const about: About = isFolder
    ? await readFile(join(path, ABOUT_FILE), "utf8").then(
        (text) => parseJsonObject(text, join(path, ABOUT_FILE)) as About,
        () => ({}),
      )
    : {};
  const mains = files.filter((file) => /^(?:main|index|plugin)\.(?:py|[mc]?js)$/.test(file.path));
  const entry = flags.entry ?? about.entry ?? (isFolder ? mains : files)[0]?.path;
  if (entry === undefined) throw wrong("--entry", "must name the file that is run");
  const runtime =
    one("runtime", flags.runtime, pluginRuntimes) ??
    about.runtime ??
    runtimeByEnding[extname(entry)];
  if (runtime === undefined)
    throw wrong("--runtime", `must be one of ${pluginRuntimes.join(", ")}`);
  const limits = said({
    memoryMiB: whole("memory", flags.memory),
    cpuPercent: whole("cpu", flags.cpu),
    processes: whole("processes", flags.processes),
    callS: whole("timeout", flags.timeout),
  });
  const needs = said({
    network: flags.network === false ? false : undefined,
    children: flags.children,
    read: flags.read?.length ? [...flags.read] : undefined,
    write: flags.write?.length ? [...flags.write] : undefined,
  });
  return packPlugin(files, {
    name: flags.name ?? about.name ?? nameFrom(resolve(path)),
    runtime,
    mode: one("mode", flags.mode, pluginModes) ?? about.mode ?? "sync",
    entry,
    parameters:
      flags.parameters === undefined
        ? about.parameters
        : await readJsonArgument(`@${flags.parameters}`, "--parameters"),
    limits: { ...about.limits, ...limits },
    needs: { ...about.needs, ...needs },
    isolated: flags.isolated ?? about.isolated,
  });
};

// A program of this folder on any Node that a board may have, and by an ordinary user where a test is root: one file of JavaScript,
// in a folder that everybody may read.
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);
const here = new URL("./", import.meta.url).pathname;
const shims = new URL("../src/platform/linux/plugins/shims", import.meta.url).pathname;
/** Somebody without rights, by number: there may be no name for it. */
export const ORDINARY = "65534";
/** The longest of these programs: every attempt of a level, each with a process of its own, on a busy machine. */
const PROGRAM_TIMEOUT_MS = 480_000;
/** What a program may tell. */
const MAX_TOLD_BYTES = 4_194_304;

export interface Elsewhere {
  /** What the program told, as JSON. `node`: path of the interpreter. */
  run(
    args: readonly string[],
    how: { readonly node: string; readonly isOrdinary: boolean },
  ): Promise<unknown>;
  remove(): void;
}

/** Builds one. */
export const openElsewhere = async (name: string): Promise<Elsewhere> => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-elsewhere-"));
  chmodSync(folder, 0o755);
  const outfile = join(folder, "program.mjs");
  await build({
    ...{ entryPoints: [join(here, name)], outfile, bundle: true, platform: "node", format: "esm" },
    ...{ target: "node20", conditions: ["source"], logLevel: "error" },
  });
  cpSync(shims, join(folder, "shims"), { recursive: true });
  const brought = new Map<string, string>();
  /** The interpreter may lie below a folder that is closed to others. */
  const bring = (node: string): string => {
    const known = brought.get(node);
    if (known !== undefined) return known;
    const path = join(folder, `node-${brought.size}`, "bin/node");
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    copyFileSync(node, path);
    chmodSync(path, 0o755);
    brought.set(node, path);
    return path;
  };
  return {
    async run(args, { node, isOrdinary }) {
      const path = bring(node);
      const command = [path, outfile, ...args];
      const [program = "", ...rest] = isOrdinary
        ? ["setpriv", "--reuid", ORDINARY, "--regid", ORDINARY, "--clear-groups", "--", ...command]
        : command;
      const { stdout } = await run(program, rest, {
        ...{ cwd: "/", timeout: PROGRAM_TIMEOUT_MS, maxBuffer: MAX_TOLD_BYTES },
        env: { PATH: process.env.PATH ?? "" },
      });
      return JSON.parse(stdout);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

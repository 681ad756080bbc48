// Where things are in this checkout, and how a chore runs another program.
import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Source files of ours, relative to the root: tracked or about to be. */
export const sourceFiles = (): string[] =>
  globSync(
    [
      "packages/*/src/**/*.{ts,tsx}",
      "apps/*/src/**/*.{ts,tsx}",
      "apps/*/test/**/*.ts",
      "e2e/**/*.ts",
      "bench/**/*.ts",
      "scripts/**/*.ts",
    ],
    { cwd: root, exclude: (name) => name.includes("node_modules") },
  ).sort();

/** Newest modification of any file below these folders, ms. */
export const newestChangeMs = (patterns: readonly string[]): number => {
  let newest = 0;
  for (const file of globSync([...patterns], {
    cwd: root,
    exclude: (name) => name.includes("node_modules"),
  }))
    newest = Math.max(newest, statSync(join(root, file)).mtimeMs);
  return newest;
};

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `inherit` shows the program's output, `quiet` keeps it for the answer. */
  readonly output?: "inherit" | "quiet";
}

/** Runs a program to its end, passing SIGINT and SIGTERM on to it. */
export const runProgram = (
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const quiet = options.output === "quiet";
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (piece: Buffer) => {
        output += piece.toString();
      });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    process.on("SIGINT", pass);
    process.on("SIGTERM", pass);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", pass);
      process.off("SIGTERM", pass);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 143), output });
    });
  });

/** Path of a tool that npm installed. */
export const toolPath = (name: string): string => join(root, "node_modules", ".bin", name);

/** Arguments that let Node run our TypeScript as it is. */
export const nodeSourceArguments = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

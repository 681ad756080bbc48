// Runs a lane of tests and closes with what was passed, failed and skipped: skipped tests by name, never in silence.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root, runProgram, toolPath } from "./repository.ts";

interface LaneReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Counts of a lane, and by name what failed, with why, and what did not run. */
export interface LaneResult {
  passed: number;
  failed: number;
  failures: string[];
  skippedNames: string[];
}

/** What went wrong and where: the message without its trace, then the first line of the trace that is ours. */
const reasonOf = (text = ""): string => {
  const lines = stripVTControlCharacters(text).split("\n");
  const firstOfTrace = lines.findIndex((line) => /^\s+at /.test(line));
  const message = lines.slice(0, firstOfTrace < 0 ? undefined : firstOfTrace);
  const where = lines.find((line) => /^\s+at /.test(line) && !line.includes("node_modules"));
  const said = [...message, ...(where ? [where.replaceAll(`${root}/`, "")] : [])];
  return said
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" | ")
    .slice(0, 400);
};

/** What a login runs of its user's own, and may take as long as it likes. */
const loginFiles = [".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshenv", ".zshrc"];
/** Covers them with nothing, for this process and its children alone. */
const coverLoginFiles =
  'home=$1; shift; while [ "$1" != -- ]; do [ ! -e "$home/$1" ] || mount --bind /dev/null "$home/$1"; shift; done; shift; exec "$@"';

/**
 * The program as on a machine whose root has set up nothing: shells of a test are logins of whoever runs it. Only root can have it so;
 * anybody else's logins run what they always run.
 */
const onPlainMachine = (program: string, args: readonly string[]): [string, string[]] => {
  const plain = ["--mount", "sh", "-ec", coverLoginFiles, "sh", userInfo().homedir];
  const isRoot = process.getuid?.() === 0;
  if (isRoot && spawnSync("unshare", [...plain, ...loginFiles, "--", "true"]).status === 0)
    return ["unshare", [...plain, ...loginFiles, "--", program, ...args]];
  console.error("Shells of the tests run this user's own login files.");
  return [program, [...args]];
};

/** Runs one lane of vitest, its output shown. */
export const runLane = async (
  lane: "fast" | "real" | "soak",
  options: { readonly env?: NodeJS.ProcessEnv; readonly filters?: readonly string[] } = {},
): Promise<LaneResult> => {
  const reportFile = join(root, ".cache", `lane-${lane}.json`);
  mkdirSync(join(root, ".cache"), { recursive: true });
  rmSync(reportFile, { force: true });
  const [program, args] = onPlainMachine(toolPath("vitest"), [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...(options.filters ?? []),
  ]);
  const { code } = await runProgram(program, args, {
    env: { ...process.env, ...options.env, S4T_LANE: lane },
  });
  const result: LaneResult = { passed: 0, failed: 0, failures: [], skippedNames: [] };
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as LaneReport;
  for (const file of report.testResults) {
    const name = file.name.slice(root.length + 1);
    const fail = (what: string, why: string | undefined) =>
      result.failures.push(`${name}: ${what}${reasonOf(why)}`);
    if (file.status === "failed" && file.assertionResults.length === 0) fail("", file.message);
    for (const test of file.assertionResults) {
      if (test.status === "passed") result.passed += 1;
      else if (test.status === "failed") fail(`${test.fullName}: `, test.failureMessages?.[0]);
      else result.skippedNames.push(`${name}: ${test.fullName}`);
    }
  }
  if (code !== 0 && result.failures.length === 0) result.failures.push("the lane itself");
  result.failed = result.failures.length;
  return result;
};

/** Prints the closing summary and answers with the exit code. */
export const closeLanes = (results: readonly LaneResult[]): number => {
  const skipped = results.flatMap((result) => result.skippedNames);
  const total = (count: (result: LaneResult) => number) =>
    results.reduce((sum, result) => sum + count(result), 0);
  if (skipped.length > 0)
    console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0)
    console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join("\n")}`);
  const failed = total((result) => result.failed);
  console.log(
    `\n${total((result) => result.passed)} passed, ${failed} failed, ${skipped.length} skipped`,
  );
  return failed > 0 ? 1 : 0;
};

// Running a small program to see what a machine can. Asked once, beside the agent's other work, all at the same time.
import { spawn } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** A probe that has not answered by then answers no: whoever calls a plugin first waits for it. */
export const PROBE_TIMEOUT_MS = 5_000;
/** What is read of a probe's answer: a few short lines. */
const MAX_ANSWER_LENGTH = 4_096;

/** Standard output of a program that ended well, or undefined. */
export const probe = (program: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env.PATH ?? "" },
      cwd: "/",
      timeout: PROBE_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let answer = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      answer = (answer + text).slice(0, MAX_ANSWER_LENGTH);
    });
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code === 0 ? answer : undefined));
  });

/** Where a system keeps its own programs. A folder of some user's version manager comes after them: its programs are often
 * scripts that start the real one, and lie where no other user may look. */
const systemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/** Paths of a program, the system's own first. */
export const findPrograms = (name: string): string[] =>
  [...new Set([...systemFolders, ...(process.env.PATH ?? "").split(":").filter(Boolean)])]
    .map((folder) => join(folder, name))
    .filter((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

export const findProgram = (name: string): string | undefined => findPrograms(name)[0];

/** Whether this user may write to a folder. */
export const isWritable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** Whether every user may reach a path: each folder above it, and itself, has the bit for others. */
export const isReachableByOthers = (path: string): boolean => {
  try {
    let at = realpathSync(path);
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
    while (at !== "/") {
      at = dirname(at);
      if ((statSync(at).mode & 0o001) === 0) return false;
    }
    return true;
  } catch {
    return false;
  }
};

/** A real Python, its version, and the folders that it lives in. */
export interface Python {
  readonly path: string;
  readonly version: string;
  readonly prefix: string;
}

const tellPython =
  "import sys; print(sys.executable, '%d.%d.%d' % sys.version_info[:3], sys.base_prefix, sep='\\n')";
/** Oldest Python that the host program runs on. */
const OLDEST_PYTHON_MINOR = 9;

/** The first of these programs that is a Python 3 and new enough, as itself and not as what starts it. */
export const findPython = async (
  candidates: readonly string[],
  needsReach: boolean,
): Promise<Python | undefined> => {
  const asked = new Set<string>();
  for (const candidate of candidates) {
    // Where the system merged its folders the same program is there twice.
    const itself = realpathSync(candidate);
    if (asked.has(itself)) continue;
    asked.add(itself);
    const [executable, version, prefix] =
      (await probe(candidate, ["-I", "-S", "-c", tellPython]))?.split("\n") ?? [];
    if (!executable || !version || !prefix) continue;
    if (Number(version.split(".")[1]) < OLDEST_PYTHON_MINOR) continue;
    const path = realpathSync(executable);
    if (needsReach && !isReachableByOthers(path)) continue;
    return { path, version, prefix };
  }
  return undefined;
};

// Debian packages for the real lane that are used where they lie: fetched by apt, which checks them, and unpacked into `.cache/`.
// Nothing is installed.
import { existsSync, globSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram } from "../repository.ts";

/** Debian's Python: another one on the path sees none of its packages. */
export const debianPython = "/usr/bin/python3";

/** A program of a Python package, and what it needs in its environment. */
export interface Unpacked {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

const folderOf = (name: string): string => join(root, ".cache/real", name);

/** The program where the machine has it, or where it was unpacked; undefined where it is not there. */
export const unpackedProgram = (debianPackage: string, program: string): Unpacked | undefined => {
  if (existsSync(`/usr/bin/${program}`)) return { program: `/usr/bin/${program}`, env: {} };
  const folder = folderOf(debianPackage);
  const own = join(folder, "usr/bin", program);
  const packages = join(folder, "usr/lib/python3/dist-packages");
  return existsSync(own)
    ? { program: own, env: { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" } }
    : undefined;
};

/** Brings a package with what it needs that the machine has not. */
export const bringUnpacked = async (
  debianPackage: string,
  program: string,
  say: (line: string) => void,
): Promise<void> => {
  if (unpackedProgram(debianPackage, program)) return;
  say(`Bringing ${debianPackage} …`);
  const folder = folderOf(debianPackage);
  const archives = join(folder, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  await runProgram("apt-get", ["update", "-qq"], { output: "quiet" });
  const { code, output } = await runProgram(
    "apt-get",
    [
      ...["install", "-y", "-qq", "--no-install-recommends", "--download-only"],
      ...["-o", `Dir::Cache::archives=${archives}`, "-o", "Debug::NoLocking=1"],
      debianPackage,
    ],
    { output: "quiet" },
  );
  if (code !== 0) {
    say(output.slice(-1_000));
    return;
  }
  for (const file of globSync(`${archives}/*.deb`))
    await runProgram("dpkg", ["-x", file, folder], { output: "quiet" });
  rmSync(archives, { recursive: true });
};

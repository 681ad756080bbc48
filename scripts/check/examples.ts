// Every `ts` block of a package's README is compiled as a program of its own: an example that does not compile is a lie.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram, toolPath } from "../repository.ts";
import { documentPaths } from "./documents.ts";

const folder = join(root, ".cache", "examples");

/** Complaints of the compiler about examples; the file's name says which document and which block. */
export const checkExamples = async (): Promise<string[]> => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const path of documentPaths()) {
    const text = readFileSync(join(root, path), "utf8");
    for (const [, code = ""] of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
      count += 1;
      writeFileSync(join(folder, `${path.replaceAll(/[/.]/g, "-")}-${count}.ts`), code);
    }
  }
  if (count === 0) return ["no example was found: the search is broken"];
  const settings = {
    extends: "../../tsconfig.tests.json",
    compilerOptions: { incremental: false, tsBuildInfoFile: null },
    include: ["*.ts"],
    exclude: [],
    references: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const { code, output } = await runProgram(toolPath("tsc"), ["-p", folder], { output: "quiet" });
  return code === 0 ? [] : [output.trim()];
};

import { checkArchitecture } from "../check/arch.ts";
import { checkDocuments } from "../check/documents.ts";
import { checkDrivers } from "../check/drivers.ts";
import { checkExamples } from "../check/examples.ts";
import { checkShape } from "../check/shape.ts";
import { staleDocuments } from "../docs/generate.ts";
import { runProgram, toolPath } from "../repository.ts";

interface Step {
  readonly name: string;
  readonly run: () => Promise<string[]>;
}

/** A step that is a program: complains with its whole output when it fails. */
const program = (name: string, tool: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, output } = await runProgram(toolPath(tool), args, { output: "quiet" });
    return code === 0 ? [] : [output.trim()];
  },
});

const steps: readonly Step[] = [
  program("format and lint", "biome", "check", "--error-on-warnings", "."),
  { name: "shape", run: async () => checkShape((line) => console.warn(`  long: ${line}`)) },
  { name: "ports and drivers", run: async () => checkDrivers() },
  { name: "imports", run: checkArchitecture },
  program("types", "tsc", "-b"),
  program("types of tests", "tsc", "-p", "tsconfig.tests.json"),
  program("dead code", "knip", "--no-progress"),
  { name: "documents fresh", run: staleDocuments },
  { name: "documents true", run: async () => checkDocuments() },
  { name: "examples of documents", run: checkExamples },
  program(
    ...(["unit tests of the packages", "vitest", "run", "packages"] as const),
    ...(["apps/portal/src/text", "apps/cli/src"] as const),
  ),
];

/** `npm run check`: everything a machine can say about the code within a minute. */
export const run = async (args: string[]): Promise<number> => {
  let failed = 0;
  for (const step of steps) {
    if (args.length > 0 && !args.some((word) => step.name.includes(word))) continue;
    const startedMs = Date.now();
    const complaints = await step.run();
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
    console.log(`${complaints.length === 0 ? "ok " : "RED"} ${step.name} (${seconds} s)`);
    for (const complaint of complaints) console.log(complaint);
    if (complaints.length > 0) failed += 1;
  }
  return failed === 0 ? 0 : 1;
};

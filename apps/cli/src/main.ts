// The command line as a program.
import { CommanderError } from "commander";
import { INTERRUPTED_EXIT_CODE, interrupted } from "./context.ts";
import { Output } from "./output.ts";
import { createProgram, nounOf } from "./program.ts";

/** Exit code of a line that cannot be understood (sysexits: EX_USAGE). */
const USAGE_EXIT_CODE = 64;

// A pipe that is closed early (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 74),
);

try {
  const args = process.argv.slice(2);
  const program = await createProgram(nounOf(args));
  await program.parseAsync(args, { from: "user" });
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  else process.exitCode = new Output({ json: process.argv.includes("--json") }).failure(error);
}
if (interrupted.aborted && process.exitCode !== 0) process.exitCode = INTERRUPTED_EXIT_CODE;

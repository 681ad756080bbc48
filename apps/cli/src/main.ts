// The command line as a program.
import { createProgram, nouns } from "./program.ts";

const [first = ""] = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
// A pipe that is closed early (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 74),
);

const program = await createProgram(Object.hasOwn(nouns, first) ? first : "none");
program.exitOverride((stop) => {
  process.exit(stop.exitCode === 0 ? 0 : 64);
});
await program.parseAsync();

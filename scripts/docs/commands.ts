import { join } from "node:path";
import { nodeSourceArguments, root, runProgram } from "../repository.ts";

/** docs/reference/commands.md: what the command line says of itself. */
export const commandsPage = async (): Promise<string> => {
  const { output } = await runProgram(
    process.execPath,
    [
      ...nodeSourceArguments,
      "--input-type=module",
      "-e",
      `import { commandReference } from ${JSON.stringify(join(root, "apps/cli/src/reference.ts"))}; process.stdout.write(await commandReference());`,
    ],
    { output: "quiet" },
  );
  return output;
};

import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { runHouseProgram } from "../house.ts";

export const register = (program: Command): void => {
  const up = program
    .command("up")
    .description("run a cloud here: the same as npm start")
    .allowUnknownOption()
    .argument("[settings...]", "settings as --name value");
  examples(up, "up", "up --data ./my-cloud --port 9000");
  run(up, async () => {
    process.exitCode = await runHouseProgram(
      "iotronic",
      process.argv.slice(process.argv.indexOf("up") + 1),
    );
  });
};

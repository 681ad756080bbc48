import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { runHouseProgram } from "../house.ts";

const verbs = [
  [
    "run",
    "run an agent in the foreground",
    ["agent run --enrol s4t1:… --data ./my-board", "agent run --data ./my-board"],
  ],
  ["install", "install it as a systemd unit", ["agent install --enrol s4t1:…"]],
  ["uninstall", "take the unit away; identity and data stay", ["agent uninstall"]],
  ["doctor", "what keeps this board from its cloud", ["agent doctor --data ./my-board"]],
] as const;

export const register = (program: Command): void => {
  const agent = program.command("agent").description("the agent on this machine");
  for (const [name, about, lines] of verbs) {
    const verb = agent
      .command(name)
      .description(about)
      .allowUnknownOption()
      .allowExcessArguments()
      .option(
        "--enrol <string>",
        "enrolment string of `board create`; - reads it from standard input",
      )
      .option("--data <folder>", "where it keeps its state")
      .option(
        "--reboot-command <json>",
        'argument array that reboots this machine, such as ["/sbin/reboot"]',
      )
      .option("--url <address>", "where the cloud is now, if it moved since the enrolment")
      .option(
        "--allow <host:port>",
        "what others may reach through this board; may be repeated, replaces loopback:*; none: nothing",
      )
      .option(
        "--shell-user <name>",
        "whose shell others may open; the agent's own user unless said",
      )
      .option("--shell <on|off>", "off: no shell")
      .option("--files <folder>", "whose files others may read and write; may be repeated");
    examples(verb, ...lines);
    run(verb, async () => {
      process.exitCode = await runHouseProgram(
        "lightning-rod",
        process.argv.slice(process.argv.indexOf("agent") + 1),
      );
    });
  }
};

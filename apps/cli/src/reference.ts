// The page of the command line, made from the tree of commands.
import type { Command } from "commander";
import { createProgram } from "./program.ts";

const section = (command: Command, path: string): string[] => {
  if (command.commands.length > 0)
    return [
      `## ${path}`,
      "",
      `${command.description()}.`,
      "",
      ...command.commands.flatMap((each) => section(each, `${path} ${each.name()}`)),
    ];
  const help: string[] = [];
  command
    .configureOutput({ writeOut: (text) => void help.push(text) })
    .configureHelp({ helpWidth: 100, showGlobalOptions: false });
  command.outputHelp();
  return [`### ${path}`, "", "```text", help.join("").trimEnd(), "```", ""];
};

/** Markdown of every command. */
export const commandReference = async (): Promise<string> => {
  const program = await createProgram("all");
  const globals = program.options.map((option) => `- \`${option.flags}\`: ${option.description}`);
  return [
    "# Commands",
    "",
    `${program.description()}.`,
    "",
    "Every command takes:",
    "",
    ...globals,
    "",
    ...program.commands.flatMap((each) => section(each, `s4t ${each.name()}`)),
  ].join("\n");
};

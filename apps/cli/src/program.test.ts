import type { Command } from "commander";
import { expect, it } from "vitest";
import { withAbsoluteFolders } from "./house.ts";
import { createProgram, nounOf, nouns } from "./program.ts";
import { commandReference } from "./reference.ts";

interface Leaf {
  readonly path: string;
  readonly help: string;
}

const leavesOf = (command: Command, path = "s4t"): Leaf[] => {
  if (command.commands.length > 0)
    return command.commands.flatMap((each) => leavesOf(each, `${path} ${each.name()}`));
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return [{ path, help }];
};

it("shows in the help of every command an example of that very command", async () => {
  const leaves = leavesOf(await createProgram("all"));
  expect(leaves.length).toBeGreaterThan(50);
  const without = leaves.filter(
    ({ path, help }) => !new RegExp(`Examples:\\n(.*\\n)*?  \\$ ${path}( |$)`, "m").test(help),
  );
  expect(without.map(({ path }) => path)).toEqual([]);
});

it("says in one line what every command does", async () => {
  const visit = (command: Command): string[] => [
    ...(command.description() === "" ? [command.name()] : []),
    ...command.commands.flatMap(visit),
  ];
  expect(visit(await createProgram("all"))).toEqual([]);
});

it.each(Object.keys(nouns))("loads %s alone, beside the bare lines of the others", async (noun) => {
  const program = await createProgram(noun);
  expect(program.commands.map((each) => each.name())).toEqual(Object.keys(nouns));
});

it("finds the noun among options and their values", () => {
  expect(nounOf(["--project", "op", "--json", "board", "list"])).toBe("board");
  expect(nounOf(["-q", "board"])).toBe("board");
  expect(nounOf(["constructor"])).toBe("none");
  expect(nounOf([])).toBe("none");
});

it("names every command in the reference", async () => {
  const page = await commandReference();
  for (const { path } of leavesOf(await createProgram("all")))
    expect(page).toContain(`### ${path}\n`);
});

it("makes the data folder of a program absolute and leaves everything else alone", () => {
  expect(withAbsoluteFolders(["--data", "x", "--data=./y", "--name", "x"], "/srv")).toEqual([
    "--data",
    "/srv/x",
    "--data=/srv/y",
    "--name",
    "x",
  ]);
});

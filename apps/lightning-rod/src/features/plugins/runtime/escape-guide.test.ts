// The guide says of each level what test/escape.ts tries there, and nothing else.
import { expect, it } from "vitest";
import { attempts, type Level, type Outcome } from "../../../../test/escape.ts";
import { leftOpen, tableIn } from "../../../../test/isolation-guide.ts";

const said = { stopped: "stopped", open: "**not stopped**" } as const;
/** What the guide says that no attempt shows. */
const untried = ["Faults of the kernel"];

const linesTried = (): string[] => [...new Set(attempts.map(({ line }) => line))];
/** What comes of a line's attempts in a language; a line whose attempts differ is two. */
const outcomeOf = (line: string, runtime: "node" | "python", level: Level): Outcome | undefined => {
  const outcomes = attempts
    .filter((attempt) => attempt.line === line)
    .flatMap(({ expected }) => expected[runtime]?.[level] ?? []);
  expect(new Set(outcomes).size, `${line}, ${runtime}, ${level}`).toBeLessThanOrEqual(1);
  return outcomes[0];
};
/** A cell of both languages. */
const cellOf = (line: string, level: Level): string => {
  const node = outcomeOf(line, "node", level);
  const python = outcomeOf(line, "python", level);
  if (node === python || node === undefined) return said[python ?? "stopped"];
  return `**not stopped** in ${node === "open" ? "Node" : "Python"}`;
};
/** A cell of the level at which a plugin that cannot be held may be refused instead. */
const cellOfLimits = (line: string, runtime: "node" | "python"): string => {
  const isRefusable = attempts.some(
    (attempt) => attempt.line === line && attempt.isRefusable === true,
  );
  return `${said[outcomeOf(line, runtime, "limits") ?? "stopped"]}${isRefusable ? ", or refused" : ""}`;
};

it("each line of the guide's table is what is tried, at each level and in each language", () => {
  const open = leftOpen().map(({ what }) => what);
  const { columns, rows } = tableIn("What a level stops");
  expect(columns).toEqual(["`full`", "`kernel`", "`limits`, Node", "`limits`, Python"]);
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(
      linesTried()
        .filter((line) => !open.includes(line))
        .map((line) => [
          line,
          [
            cellOf(line, "full"),
            cellOf(line, "kernel"),
            cellOfLimits(line, "node"),
            cellOfLimits(line, "python"),
          ],
        ]),
    ),
  );
});

it("what the guide says is left open at every level comes through at every level", () => {
  for (const { what, isPythonOnly } of leftOpen()) {
    if (untried.includes(what)) continue;
    expect(linesTried()).toContain(what);
    for (const level of ["full", "kernel", "limits"] as const)
      expect([outcomeOf(what, "node", level), outcomeOf(what, "python", level)], what).toEqual([
        isPythonOnly ? undefined : "open",
        "open",
      ]);
  }
});

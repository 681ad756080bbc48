// What docs/guide/plugins-isolation.md says, as data: its tables, and what it says is left open.
import { readFileSync } from "node:fs";

const guide = readFileSync(
  new URL("../../../docs/guide/plugins-isolation.md", import.meta.url),
  "utf8",
);

const linesOf = (title: string): string[] => {
  const [, section = ""] = guide.split(`\n## ${title}\n`);
  return section.split("\n## ", 1)[0]?.split("\n") ?? [];
};

export interface GuideTable {
  /** Cells of its head, without the first. */
  readonly columns: readonly string[];
  /** Cells of each row, by the row's first. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** The first table of a section; "the same" is what the cell before it says. */
export const tableIn = (title: string): GuideTable => {
  const [head = [], , ...rows] = linesOf(title)
    .filter((line) => line.startsWith("|"))
    .map((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      return cells.slice(1, -1);
    });
  return {
    columns: head.slice(1),
    rows: new Map(
      rows.map(([name = "", ...cells]) => [
        name,
        cells.map((cell, at) => (cell === "the same" ? (cells[at - 1] ?? "") : cell)),
      ]),
    ),
  };
};

/** What no level stops: the words in bold of each point, and whether it is of Python alone. */
export const leftOpen = (): { readonly what: string; readonly isPythonOnly: boolean }[] =>
  linesOf("What is left open").flatMap((line) => {
    const what = /^- \*\*(.+?)\*\*/.exec(line)?.[1];
    return what === undefined
      ? []
      : [{ what: what.replace(/\.$/, ""), isPythonOnly: line.includes("** (Python)") }];
  });

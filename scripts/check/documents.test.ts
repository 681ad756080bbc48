// Each kind of lie that a document can tell is told once, and must be named; the same page without it is clean.
import { expect, it } from "vitest";
import { documentComplaints } from "./documents.ts";

const commands = `# Commands

- \`--json\`: print JSON

### s4t board list

\`\`\`text
Usage: s4t board list [options]

Options:
  --sort <key>  name

Examples:
  $ s4t board list --unheard
\`\`\`

### s4t board enrol

\`\`\`text
Usage: s4t board enrol|rearm [options] <board>
\`\`\`
`;
const decision = "# 0001 A first\n";
const index = "[A first](adr/0001-a-first.md)\n\n## Two words\n";

const complaintsAbout = (page: string, more: Readonly<Record<string, string>> = {}): string[] => {
  const documents = new Map(
    Object.entries({
      "docs/reference/commands.md": commands,
      "docs/reference/config.md": "| `port` | … |\n",
      "docs/README.md": index,
      "docs/adr/0001-a-first.md": decision,
      "docs/guide/page.md": page,
      ...more,
    }),
  );
  return documentComplaints({
    documents,
    exists: (path) => documents.has(path),
    scripts: new Set(["check"]),
  });
};
const shell = (line: string): string => `\`\`\`sh\n${line}\n\`\`\`\n`;

it("says nothing of what is true", () => {
  const lines = [
    "./s4t board list --json --sort -seen # newest",
    'for b in $(./s4t board list --json); do ./s4t board rearm "$b"; done',
    "npm run check",
    "npm start -- --port 9000",
  ];
  const page = `[up](../README.md#two-words) [out](https://example.org) \n${lines.map(shell).join("\n")}`;
  expect(complaintsAbout(page)).toEqual([]);
});

it.each([
  ["[x](nowhere.md)", "leads nowhere"],
  ["[x](../README.md#three-words)", "no such heading"],
  [shell("./s4t board lost"), "there is no command"],
  ["Type `./s4t board lost` here.", "there is no command"],
  [shell("./s4t board list --unheard"), "no option --unheard"],
  [shell("true && ./s4t board rearm b --sort name"), "no option --sort"],
  [shell("npm run chekc"), "there is no npm run chekc"],
  [shell("npm start -- --prot 9000"), "there is no setting prot"],
])("names the lie in %j", (page, complaint) => {
  expect(complaintsAbout(page)).toEqual([expect.stringContaining(complaint)]);
});

it("wants one number for a decision, the same in its name and heading, and a line in the index", () => {
  expect(complaintsAbout("", { "docs/adr/0001-b.md": "# 0002 B\n" })).toEqual([
    "docs/adr/0001-b.md: the number is taken by docs/adr/0001-a-first.md",
    "docs/adr/0001-b.md: its heading must begin with 0001",
    "docs/adr/0001-b.md: not in docs/README.md",
  ]);
});

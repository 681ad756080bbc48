// What documents promise a reader, checked: links lead somewhere, commands and settings that are shown exist, decisions have
// one number each and stand in the index. It looks at text only; whether examples compile is `examples.ts`.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { root } from "../repository.ts";

/** What a document may name. */
export interface World {
  /** Text of every document, by path from the root. */
  readonly documents: ReadonlyMap<string, string>;
  readonly exists: (path: string) => boolean;
  /** Scripts of package.json. */
  readonly scripts: ReadonlySet<string>;
}

/** Every document that is written or made here. */
export const documentPaths = (): string[] =>
  globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "apps/*/README.md"], {
    cwd: root,
    exclude: (name) => name.includes("node_modules"),
  }).sort();

const withoutCode = (text: string): string =>
  text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, (code) => code.slice(1, -1));

/** The anchors of a page, as its hosts make them of headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

const linkComplaints = (path: string, text: string, world: World): string[] => {
  const complaints: string[] = [];
  for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const wanted = file === "" ? path : normalize(join(dirname(path), file));
    if (!world.exists(wanted)) complaints.push(`${path}: the link ${target} leads nowhere`);
    else if (anchor !== undefined && !anchorsOf(world.documents.get(wanted) ?? "").has(anchor))
      complaints.push(`${path}: ${target}: no such heading`);
  }
  return complaints;
};

/** The command line's own reference, read back: command → its options. */
export const commandsOf = (reference: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const everywhere = [...reference.matchAll(/^- `([^`]+)`:/gm)].map(([, flags = ""]) => flags);
  const commands = new Map<string, ReadonlySet<string>>();
  for (const [, name = "", block = ""] of reference.matchAll(
    /^### s4t ([^\n]+)\n\n```text\n([\s\S]*?)^```/gm,
  )) {
    const own = block.slice(0, block.indexOf("Examples:") >>> 0);
    const flags = `${everywhere.join(" ")} ${own}`.matchAll(/(?<![\w-])(--?[a-zA-Z][\w-]*)/g);
    const options = new Set([...flags].map(([, flag = ""]) => flag));
    commands.set(name, options);
    const alias = /^Usage: s4t ((?:\S+ )?)\S+\|(\S+)/m.exec(block);
    if (alias) commands.set(`${alias[1]}${alias[2]}`, options);
  }
  return commands;
};

const shellLines = (text: string): string[] =>
  [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .concat(
      [...text.matchAll(/`(\.\/s4t [^`\n]+|npm (?:run|start)[^`\n]*)`/g)].map(([, c = ""]) => c),
    )
    .map((line) => line.replace(/\s#.*$/, ""));

const commandComplaints = (
  path: string,
  line: string,
  commands: ReadonlyMap<string, ReadonlySet<string>>,
): string[] => {
  const complaints: string[] = [];
  for (const [, said = ""] of line.matchAll(/\.\/s4t\s+([^|;<>&)]+)/g)) {
    const words = said.trim().split(/\s+/);
    if (words[0]?.startsWith("-")) continue;
    const options = commands.get(words.slice(0, 2).join(" ")) ?? commands.get(words[0] ?? "");
    const isNoun =
      words.length === 1 && [...commands.keys()].some((c) => c.startsWith(`${words[0]} `));
    if (!options) {
      if (!isNoun) complaints.push(`${path}: there is no command: ./s4t ${said.trim()}`);
      continue;
    }
    for (const word of words)
      if (/^--?[a-zA-Z]/.test(word) && !/^-\d/.test(word) && !options.has(word.split("=")[0] ?? ""))
        if (!isValueBefore(words, word))
          complaints.push(`${path}: ./s4t ${said.trim()}: no option ${word}`);
  }
  return complaints;
};

/** A value may begin with a hyphen, such as `--sort -seen`. */
const isValueBefore = (words: readonly string[], word: string): boolean =>
  !word.startsWith("--") && (words[words.indexOf(word) - 1] ?? "").startsWith("--");

const npmComplaints = (
  path: string,
  line: string,
  scripts: ReadonlySet<string>,
  settings: ReadonlySet<string>,
): string[] => {
  const complaints: string[] = [];
  for (const [, name = ""] of line.matchAll(/npm run ([\w:-]+)/g))
    if (!scripts.has(name)) complaints.push(`${path}: there is no npm run ${name}`);
  for (const [, args = ""] of line.matchAll(/npm start -- (.*)/g))
    for (const [, setting = ""] of args.matchAll(/--([a-z][\w.-]*)/g))
      if (!settings.has(setting)) complaints.push(`${path}: there is no setting ${setting}`);
  return complaints;
};

const decisionComplaints = (documents: ReadonlyMap<string, string>): string[] => {
  const complaints: string[] = [];
  const index = documents.get("docs/README.md") ?? "";
  const seen = new Map<string, string>();
  for (const [path, text] of documents) {
    const number = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1];
    if (number === undefined) {
      if (path.startsWith("docs/adr/")) complaints.push(`${path}: decisions are NNNN-title.md`);
      continue;
    }
    const other = seen.get(number);
    if (other) complaints.push(`${path}: the number is taken by ${other}`);
    seen.set(number, path);
    if (!text.startsWith(`# ${number} `))
      complaints.push(`${path}: its heading must begin with ${number}`);
    if (!index.includes(`(adr/${path.slice("docs/adr/".length)})`))
      complaints.push(`${path}: not in docs/README.md`);
  }
  return complaints;
};

/** Everything wrong in a set of documents. */
export const documentComplaints = (world: World): string[] => {
  const commands = commandsOf(world.documents.get("docs/reference/commands.md") ?? "");
  const configPage = world.documents.get("docs/reference/config.md") ?? "";
  const settings = new Set(
    [...configPage.matchAll(/^\| `([\w.-]+)`/gm)].map(([, name = ""]) => name),
  );
  const complaints = decisionComplaints(world.documents);
  for (const [path, text] of world.documents) {
    complaints.push(...linkComplaints(path, text, world));
    for (const line of shellLines(text)) {
      complaints.push(...commandComplaints(path, line, commands));
      complaints.push(...npmComplaints(path, line, world.scripts, settings));
    }
  }
  return complaints;
};

/** The documents of this checkout. */
export const checkDocuments = (): string[] => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  return documentComplaints({
    documents: new Map(documentPaths().map((p) => [p, readFileSync(join(root, p), "utf8")])),
    exists: (path) => existsSync(join(root, path)),
    scripts: new Set(Object.keys(manifest.scripts)),
  });
};

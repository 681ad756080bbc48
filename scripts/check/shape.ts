// House rules that no linter knows: sizes, forbidden file names, plain errors, promises left for later, words of other houses.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root, sourceFiles } from "../repository.ts";

/** Above this a file is two files; tests and vectors are free. */
export const MAX_FILE_LINES = 600;
/** Above this a file is pointed at. */
export const WARN_FILE_LINES = 400;

const forbiddenNames = /^(utils?|helpers?|common|misc|types|constants|shared-types)\.tsx?$/;

interface Rule {
  readonly says: string;
  readonly pattern: RegExp;
  readonly where: (file: string) => boolean;
}

const isTest = (file: string) =>
  /\.(test|conformance)\.tsx?$/.test(file) ||
  file.startsWith("e2e/") ||
  file.startsWith("bench/") ||
  file.startsWith("scripts/") ||
  /^apps\/[^/]+\/test\//.test(file);

const rules: readonly Rule[] = [
  {
    says: "a plain Error: take a row of the error table, or Bug",
    pattern: /\bnew Error\(/,
    where: (file) => !isTest(file),
  },
  { says: "work put off: do it, or file it", pattern: /\b(TODO|FIXME|XXX)\b/, where: () => true },
  {
    says: "a test that does not run",
    pattern: /\b(it|test|describe)\.(skip|only|todo)\(/,
    where: () => true,
  },
  {
    says: "a class name of another house",
    pattern: /\b(class|interface) (I[A-Z]\w+|\w+(Manager|Helper|Impl)|Abstract\w+)\b/,
    where: () => true,
  },
  { says: "a private member by underscore: write #", pattern: /\bthis\._\w/, where: () => true },
  {
    says: "a shell: give an argument array",
    pattern: /\bshell: true\b|\bexecSync\(/,
    where: (file) => !isTest(file),
  },
  {
    says: "TLS without verification",
    pattern: /rejectUnauthorized: false/,
    // One place may look before it trusts: it compares what it saw with the pin of the enrolment string.
    where: (file) => !isTest(file) && file !== "apps/lightning-rod/src/link/authority.ts",
  },
  {
    says: "a synonym; docs/glossary.md has the one word (board, project, agent)",
    pattern:
      /\b(?:const|let|function|class|interface|type|readonly)\s+\w*(?:[dD]evice|[tT]enant|[gG]adget|[nN]ode(?:Id|Uuid)|[tT]hing(?:Id|Uuid))s?(?![a-z])\w*/,
    where: (file) => !isTest(file),
  },
  {
    says: "a service is a domain word, never a layer or a class",
    pattern: /\b(?:class|interface) \w+(?:Service|Controller|Repository)\b/,
    where: () => true,
  },
  { says: "a path of one machine", pattern: /\/work\/|\/home\/[a-z]/, where: () => true },
];

/** Complaints about the shape of files; warnings are printed beside. */
export const checkShape = (warn: (line: string) => void): string[] => {
  const complaints: string[] = [];
  for (const file of sourceFiles()) {
    if (forbiddenNames.test(basename(file))) complaints.push(`${file}: a name that says nothing`);
    if (file === "scripts/check/shape.ts") continue;
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    if (!isTest(file) && lines.length > MAX_FILE_LINES)
      complaints.push(`${file}: ${lines.length} lines, more than ${MAX_FILE_LINES}`);
    else if (!isTest(file) && lines.length > WARN_FILE_LINES)
      warn(`${file}: ${lines.length} lines`);
    for (const rule of rules) {
      if (!rule.where(file)) continue;
      const at = lines.findIndex((line) => rule.pattern.test(line));
      if (at >= 0) complaints.push(`${file}:${at + 1}: ${rule.says}`);
    }
  }
  return complaints;
};

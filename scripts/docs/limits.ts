import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, sourceFiles } from "../repository.ts";
import { table } from "./table.ts";

const declaration =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const ((?:MAX|MIN|DEFAULT)_[A-Z0-9_]+|[A-Z0-9_]+_(?:MS|S|BYTES|LIMIT|DAYS)) = ([^;]+);/g;

/** docs/limits.md: every named limit with its reason, which is its comment. */
export const limitsPage = (): string => {
  const rows: string[][] = [];
  for (const file of sourceFiles()) {
    if (!/^(packages|apps)\//.test(file) || /\.(test|conformance)\.tsx?$/.test(file)) continue;
    for (const [, comment = "", name = "", value = ""] of readFileSync(
      join(root, file),
      "utf8",
    ).matchAll(declaration))
      rows.push([
        `\`${name}\``,
        `\`${value.trim().replaceAll(/\s+/g, " ")}\``,
        comment
          .replaceAll(/\n\s*\*/g, " ")
          .replaceAll(/\s+/g, " ")
          .trim(),
        `\`${file}\``,
      ]);
  }
  return [
    "# Limits",
    "",
    "Every limit is a named constant, enforced at the edge with a coded error.",
    "",
    table(
      ["limit", "value", "why", "where"],
      rows.sort((a, b) => (a[0] ?? "").localeCompare(b[0] ?? "")),
    ),
  ].join("\n");
};

// The pages of docs/ that are made from the code, and the check that they are fresh. A page here is never edited by hand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../repository.ts";
import { commandsPage } from "./commands.ts";
import { configPage } from "./config.ts";
import { dashboard } from "./dashboard.ts";
import { errorsPage } from "./errors.ts";
import { iotronicPage } from "./iotronic-v1.ts";
import { limitsPage } from "./limits.ts";
import { metricsPage } from "./metrics.ts";
import { proceduresPage } from "./procedures.ts";
import { restPage } from "./rest.ts";

const pages: readonly { readonly path: string; readonly make: () => string | Promise<string> }[] = [
  { path: "docs/limits.md", make: limitsPage },
  { path: "docs/reference/errors.md", make: errorsPage },
  { path: "docs/reference/rest.md", make: restPage },
  { path: "docs/reference/board-procedures.md", make: proceduresPage },
  { path: "docs/reference/config.md", make: configPage },
  { path: "docs/reference/metrics.md", make: metricsPage },
  { path: "docs/reference/commands.md", make: commandsPage },
  { path: "docs/reference/iotronic-v1.md", make: iotronicPage },
  { path: "deploy/grafana.json", make: dashboard },
];

const note = "<!-- Made from the code by `npm run docs`; edits are lost. -->\n\n";
/** JSON has no place for the note. */
const textOf = async ({ path, make }: (typeof pages)[number]) =>
  `${(path.endsWith(".json") ? "" : note) + (await make()).trimEnd()}\n`;

/** Writes every generated page. */
export const writeDocuments = async (): Promise<void> => {
  for (const page of pages) {
    mkdirSync(dirname(join(root, page.path)), { recursive: true });
    writeFileSync(join(root, page.path), await textOf(page));
  }
};

/** Pages that are not what the code says now. */
export const staleDocuments = async (): Promise<string[]> => {
  const stale: string[] = [];
  for (const page of pages) {
    const file = join(root, page.path);
    if (!existsSync(file) || readFileSync(file, "utf8") !== (await textOf(page)))
      stale.push(`${page.path} is stale: npm run docs`);
  }
  return stale;
};

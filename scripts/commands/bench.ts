import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildAll } from "../bundles.ts";
import type { Figure } from "../figure.ts";
import { root } from "../repository.ts";

const folder = join(root, "bench");
const names = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length));

/** `npm run bench -- NAME …`: one JSON object a line on standard output; everything else on standard error. */
export const run = async (args: string[]): Promise<number> => {
  const wanted = args.length > 0 ? args : names();
  const unknown = wanted.filter((name) => !existsSync(join(folder, `${name}.ts`)));
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(", ")}. There are: ${names().join(", ")}.`);
    return 64;
  }
  await buildAll((line) => console.error(line));
  for (const name of wanted) {
    const { run: measure } = (await import(join(folder, `${name}.ts`))) as {
      run(print: (figure: Figure) => void): Promise<void>;
    };
    await measure((figure) => console.log(JSON.stringify(figure)));
  }
  return 0;
};

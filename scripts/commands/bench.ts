import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describeMachine, readTicks, sharesSince } from "../../bench/harness/machine.ts";
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
  console.error(describeMachine());
  for (const name of wanted) {
    const before = readTicks();
    const startedMs = performance.now();
    const { run: measure } = (await import(join(folder, `${name}.ts`))) as {
      run(print: (figure: Figure) => void): Promise<void>;
    };
    const print = (figure: Figure) => console.log(JSON.stringify(figure));
    await measure(print);
    // What others took of the machine meanwhile: a figure of a busy machine is read with care.
    const { stealPercent, busyPercent, load } = sharesSince(before);
    const round = (value: number) => Math.round(value * 10) / 10;
    const of = { bench: name, case: "machine" } as const;
    print({ ...of, metric: "steal", value: round(stealPercent), unit: "%" });
    print({ ...of, metric: "busy", value: round(busyPercent), unit: "%" });
    print({ ...of, metric: "load", value: round(load), unit: "processes" });
    const seconds = (performance.now() - startedMs) / 1_000;
    console.error(`${name} took ${seconds.toFixed(0)} s`);
  }
  return 0;
};

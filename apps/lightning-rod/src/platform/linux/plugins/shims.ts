// The host programs as text. From the sources they are read; in the agent's one file they are constants: `scripts/bundles.ts`
// replaces this module.
import { readFileSync } from "node:fs";

const textOf = (name: string): string =>
  readFileSync(new URL(`./shims/${name}`, import.meta.url), "utf8");

export const nodeHost: string = textOf("host.cjs");
export const pythonHost: string = textOf("host.py");

// The attempts as a program: `LEVEL [PROGRAM…]`, as if those programs were not there.
import { findProgram } from "../src/platform/linux/plugins/probe.ts";
import { tryEscapes } from "./escape-run.ts";
import type { levels } from "./runtime.ts";

const [, , level, ...missing] = process.argv;
const find = (name: string) => (missing.includes(name) ? undefined : findProgram(name));
process.stdout.write(JSON.stringify(await tryEscapes(level as keyof typeof levels, find)));

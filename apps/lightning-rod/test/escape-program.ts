// The attempts as a program, for a test that is root and wants to know what holds for an ordinary user.
import { tryEscapes } from "./escape-run.ts";
import type { levels } from "./runtime.ts";

process.stdout.write(JSON.stringify(await tryEscapes(process.argv[2] as keyof typeof levels)));

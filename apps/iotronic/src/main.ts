// The cloud as a program: arguments and environment → settings → parts → running; signals → stopped.
import { homedir } from "node:os";
import { exitCodeOf } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { runCloud } from "./compose/run.ts";

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => stopped.abort());

try {
  await runCloud({
    args: process.argv.slice(2),
    env: process.env,
    home: homedir(),
    signal: stopped.signal,
    tell: (text) => process.stdout.write(text),
  });
} catch (error) {
  if (!isS4tError(error) || error.code === "internal") throw error;
  process.stderr.write(`${error.message} (${error.code})\n`);
  process.exitCode = exitCodeOf(error.code);
}
// Whatever might still hold the loop has been asked to end: nobody waits for it.
setTimeout(() => process.exit(), 500).unref();

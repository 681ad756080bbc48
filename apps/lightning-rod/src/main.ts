// Lightning-rod as a program: `run`, `install`, `uninstall`, `doctor`.
import { exitCodeOf, fail } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { readAgentConfig } from "./config.ts";

const usage = `lightning-rod, the Stack4Things agent

  run [--enrol STRING] [--data DIR] [--reboot-command JSON]   in the foreground
  install [the same]                                          as a systemd unit
  uninstall                                                   takes the unit away; the data stays
  doctor [--data DIR]                                         what keeps this board from its cloud
`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  run: async (args) => (await import("./run.ts")).runAgent(readAgentConfig(args)),
  install: async (args) => (await import("./install.ts")).install(readAgentConfig(args)),
  uninstall: async () => (await import("./install.ts")).uninstall(),
  doctor: async (args) => (await import("./doctor.ts")).doctor(readAgentConfig(args)),
};

const [name = "", ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (!command) {
    process.stdout.write(usage);
    process.exitCode = name === "" || name === "--help" ? 0 : 64;
  } else process.exitCode = await command(args);
} catch (error) {
  const known = isS4tError(error) ? error : fail("internal", { reference: "below" }, error);
  process.stderr.write(`${known.message} (${known.code})\n`);
  if (known.code === "internal") process.stderr.write(`${String((error as Error).stack)}\n`);
  process.exitCode = exitCodeOf(known.code);
}
// Nothing that might still hold the loop is waited for.
setTimeout(() => process.exit(), 300).unref();

// Lightning-rod as a program: `run`, `install`, `uninstall`, `doctor`. Files of ours are imported statically: a bundler keeps all
// of what is behind a dynamic import, and the agent would be three times as large. What costs memory is Node's own modules: those
// that are seldom needed are loaded where they are.
import { exitCodeOf, fail } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { readAgentConfig } from "./config.ts";
import { doctor } from "./doctor/doctor.ts";
import { install, uninstall } from "./install.ts";
import { runAgent } from "./run.ts";

const usage = `lightning-rod, the Stack4Things agent

  run [--enrol STRING] [--data DIR]    in the foreground
      [--enrol -]                      the string is the first line of standard input
      [--reboot-command JSON]          argument array that reboots this machine: ["/sbin/reboot"]
      [--url ADDRESS]                  where the cloud is now, if it moved since the enrolment
      [--allow HOST:PORT]              what others may reach through this board; may be repeated, replaces loopback:*.
                                       A name, an address, a range, loopback or *; a port or *. none: nothing
      [--shell-user NAME]              whose shell others may open; the agent's own user unless said
      [--shell off]                    no shell
      [--files FOLDER]                 whose files others may read and write; may be repeated. The user's home unless
                                       said, nothing where the agent runs as root
      [--end-with-input]               ends when standard input does
  install [the same]                   as a systemd unit
  uninstall                            takes the unit away; the data stays
  doctor [--data DIR] [--url ADDRESS]  what keeps this board from its cloud
`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  run: async (args) => runAgent(readAgentConfig(args)),
  install: async (args) => install(readAgentConfig(args)),
  uninstall,
  doctor: async (args) => doctor(readAgentConfig(args)),
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

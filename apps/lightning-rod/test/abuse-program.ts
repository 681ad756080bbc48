// Plugins that misbehave, as a program: `LEVEL`. For a test that is root and wants to know what holds for an ordinary user.
import { threadsOfUser } from "../src/platform/linux/plugins/tree.ts";
import { tryAbuses } from "./abuse-run.ts";
import { levels, openTestMachine } from "./runtime.ts";

const machine = await openTestMachine(levels[process.argv[2] as keyof typeof levels]);
try {
  // Everything of this user counts against the bound.
  const tried = await tryAbuses(machine, () => 8 + threadsOfUser(process.getuid?.() ?? 0));
  process.stdout.write(JSON.stringify({ isolation: machine.isolation, tried }));
} finally {
  await machine.close();
}

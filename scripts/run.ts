// One command of the repository: `scripts/bootstrap.mjs` made the checkout ready and starts this with the command's name.
// Each command is a file in `scripts/commands/` that exports `run(args)` and answers with an exit code.
import process from "node:process";

const commands: Readonly<Record<string, () => Promise<{ run(args: string[]): Promise<number> }>>> =
  {
    start: () => import("./commands/start.ts"),
    build: () => import("./commands/build.ts"),
    test: () => import("./commands/test.ts"),
    "test:real": () => import("./commands/test-real.ts"),
    soak: () => import("./commands/soak.ts"),
    bench: () => import("./commands/bench.ts"),
    check: () => import("./commands/check.ts"),
    docs: () => import("./commands/docs.ts"),
    fix: () => import("./commands/fix.ts"),
    s4t: () => import("./commands/s4t.ts"),
  };

const [name = "", ...args] = process.argv.slice(2);
const load = commands[name];
if (!load) {
  console.error(`There is no command ${name}. There are: ${Object.keys(commands).join(", ")}.`);
  process.exit(64);
}
const { run } = await load();
process.exitCode = await run(args);

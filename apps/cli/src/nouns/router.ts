import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { runHouseProgram } from "../house.ts";

export const register = (program: Command): void => {
  const router = program
    .command("router")
    .description("run a WAMP router here, for programs of your own; the cloud needs none")
    .option("--port <n>", "WebSocket on this port (8080 where no config says otherwise; 0: any)")
    .option("--realm <name>", "one realm where everybody may do everything: without a config")
    .option("--listen <address>", "the address of --port; beyond loopback only with a config")
    .option("--metrics <n>", "metrics for Prometheus on this port of loopback")
    .option("--config <file>", "realms, ways to join, permissions, listeners, as JSON");
  examples(router, "router --port 8080 --realm city", "router --config router.json --metrics 9100");
  run(router, async () => {
    process.exitCode = await runHouseProgram(
      "router",
      process.argv.slice(process.argv.indexOf("router") + 1),
    );
  });
};

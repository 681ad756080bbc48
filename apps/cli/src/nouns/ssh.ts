import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fail } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";

/** A word for the shell that ssh hands its ProxyCommand to, and past ssh's own %. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`.replaceAll("%", "%%");

const proxyOf = ({ options }: Context, board: string, port: string): string => {
  const { url, project } = options;
  const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
  const flags = [
    ...(url === undefined ? [] : ["--url", url]),
    ...(project === undefined ? [] : ["--project", project]),
  ];
  return [...program, "forward", "--stdio", ...flags, board, port].map(quoted).join(" ");
};

const runSsh = (args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn("ssh", args, { stdio: "inherit" });
    child.once("error", (error) =>
      reject(
        fail(
          "config.invalid",
          { setting: "ssh", because: "is not on this machine: install OpenSSH" },
          error,
        ),
      ),
    );
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  });

export const register = (program: Command): void => {
  const command = program
    .command("ssh")
    .description("this machine's ssh to a board's own SSH server, through the cloud")
    .argument("<board>", "id or name; USER@BOARD for another user than one's own")
    .argument("[args...]", "for ssh, behind --")
    .option("--port <port>", "where the board's SSH server listens", "22");
  examples(
    command,
    "ssh lamp-7",
    "ssh maria@lamp-7",
    "ssh maria@lamp-7 -- -L 8080:localhost:80 -v",
  );
  run(command, async (context, [to = "", ...args], { port = "22" }: { port?: string }) => {
    const [, user, name = ""] = /^(?:([^@]+)@)?(.+)$/.exec(to) ?? [];
    // Its host key is remembered under the board's id: names of boards change, and are no names of the network.
    const { uuid } = await context.client().boards.show({ params: { uuid: name } });
    process.exitCode = await runSsh([
      ...["-o", `ProxyCommand=${proxyOf(context, uuid, port)}`, "-o", `HostKeyAlias=s4t-${uuid}`],
      ...(user === undefined ? [] : ["-l", user]),
      name,
      ...args,
    ]);
  });
};

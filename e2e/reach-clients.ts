// Command lines that a test kills: a forward, on the same port of this machine each time, and a shell. Both are started again by
// themselves, as their user would.
import type { ChildProcess } from "node:child_process";
import { freePort } from "./program.ts";
import { heardFrom } from "./reach.ts";
import { paste, until } from "./s4t.ts";

/** The program that `./s4t` runs: without a shell before it, a signal meets the client itself. */
const cliBundle = "apps/cli/dist/main.js";
/** Pause before one is started again that could not reach its board. */
const pauseMs = 300;
const patienceMs = 60_000;

export const clientKinds = ["forward", "shell"] as const;
export type ClientKind = (typeof clientKinds)[number];

export interface KilledClients {
  /** Where the forward listens. */
  readonly localPort: number;
  /** Shells so far that answered. */
  shells(): number;
  /** Kills one at once, and resolves when the one after it serves. */
  kill(kind: ClientKind): Promise<void>;
  /** Ends both by the signal; nothing is started any more. */
  end(signal: NodeJS.Signals): Promise<void>;
}

interface Client {
  child: ChildProcess;
  closed: Promise<void>;
  /** How many were there so far that served. */
  served: number;
}

/** Starts both, towards a port of the board `lamp`. */
export const startClients = async (
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<KilledClients> => {
  const localPort = await freePort();
  let isOver = false;
  const lines: Readonly<Record<ClientKind, string>> = {
    forward: `forward lamp ${localPort}:127.0.0.1:${port} --json`,
    shell: "shell lamp",
  };

  const keep = (kind: ClientKind): Client => {
    const client = { served: 0 } as Client;
    const start = (): void => {
      const program = `${process.execPath} --disable-warning=ExperimentalWarning ${cliBundle}`;
      const child = paste(`${program} ${lines[kind]}`, env, "pipe");
      const { out } = heardFrom(child);
      const serves = kind === "forward" ? "\n" : "there-42";
      child.stdout?.on("data", function hear() {
        if (!out().includes(serves)) return;
        client.served += 1;
        child.stdout?.off("data", hear);
      });
      child.stdin?.on("error", () => {}); // it was killed
      if (kind === "shell") child.stdin?.write("echo there-$((40 + 2))\n");
      client.child = child;
      client.closed = new Promise((resolve) => child.once("close", () => resolve()));
      void client.closed.then(() => {
        if (!isOver) setTimeout(() => !isOver && start(), pauseMs);
      });
    };
    start();
    return client;
  };

  const clients = { forward: keep("forward"), shell: keep("shell") };
  const served = (kind: ClientKind, before: number) =>
    until(
      () => clients[kind].served,
      (count) => count > before,
      patienceMs,
    );
  for (const kind of clientKinds) await served(kind, 0);
  return {
    localPort,
    shells: () => clients.shell.served,
    async kill(kind) {
      const before = clients[kind].served;
      clients[kind].child.kill("SIGKILL");
      await served(kind, before);
    },
    async end(signal) {
      isOver = true;
      for (const kind of clientKinds) {
        clients[kind].child.kill(signal);
        await clients[kind].closed;
      }
    },
  };
};

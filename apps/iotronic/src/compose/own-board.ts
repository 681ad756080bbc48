// This machine as a board of its own cloud: an agent process that is enrolled at the first start and looked after from then on.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Clock, createBackoff, type Log, type Part } from "@s4t/kit";
import { agentBundle } from "./place.ts";

/** Exit code of an agent that wants to be started again. */
export const AGENT_RESTART_CODE = 75;
/** An agent that ends sooner than this after its start is started again more slowly each time. */
export const AGENT_STEADY_MS = 30_000;
/** How long an agent gets to end by itself. */
export const AGENT_STOP_MS = 2_500;

export interface OwnBoardOptions {
  /** Data folder of the agent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes an enrolment for a board of this name, or for the one that has it. */
  readonly enrol: (name: string) => Promise<string>;
}

/** Name of this machine as a board. */
export const ownBoardName = (): string =>
  (hostname().split(".", 1)[0] ?? "").slice(0, 63) || "this-machine";

/** Makes the part. */
export const createOwnBoard = ({ folder, clock, log, enrol }: OwnBoardOptions): Part => {
  const backoff = createBackoff({ firstMs: 500, capMs: 30_000 }, Math.random);
  let child: ChildProcess | undefined;
  let timer: { cancel(): void } | undefined;
  let stopped = false;

  const launch = async (): Promise<void> => {
    // Enrolled already, or not yet: a first agent may have died before it got that far.
    const enrolment = existsSync(join(folder, "identity.json"))
      ? undefined
      : await enrol(ownBoardName());
    if (stopped) return;
    const startedMs = clock.monotonicMs();
    const extra = enrolment === undefined ? [] : ["--enrol", enrolment];
    child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", agentBundle, "run", "--data", folder, ...extra],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let lastWords = "";
    child.stderr?.on("data", (piece: Buffer) => {
      lastWords = (lastWords + piece.toString()).slice(-2_000);
    });
    child.on("error", (error) => log.error("This machine's agent could not be started", { error }));
    child.on("exit", (code) => {
      child = undefined;
      if (stopped) return;
      if (code === AGENT_RESTART_CODE || clock.monotonicMs() - startedMs > AGENT_STEADY_MS)
        backoff.reset();
      else
        log.warn("This machine's agent ended", {
          exit: code,
          lastWords: lastWords.split("\n").slice(-4).join("\n"),
        });
      timer = clock.after(code === AGENT_RESTART_CODE ? 0 : backoff.next(), () => {
        launch().catch((error: unknown) =>
          log.error("This machine's agent could not be started", { error }),
        );
      });
    });
  };

  return {
    name: "own board",
    async start() {
      if (!existsSync(agentBundle)) {
        log.warn("The agent is not built: this machine does not become a board", {
          expected: agentBundle,
        });
        return;
      }
      await launch();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      const running = child;
      if (!running) return;
      const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      running.kill("SIGTERM");
      const late = setTimeout(() => running.kill("SIGKILL"), AGENT_STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
};

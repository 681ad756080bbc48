// A cloud and a board with doors, and the command line as its user has it.
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { isThere, stateOf } from "./board.ts";
import {
  type CloudOptions,
  listAll,
  type RunningCloud,
  startCloud,
  temporaryFolder,
} from "./program.ts";
import { finish, type Printed, paste, until } from "./s4t.ts";

export interface Stage {
  /** The one that runs now. */
  readonly cloud: RunningCloud;
  stopCloud(): Promise<void>;
  /** Starts it again on the same folder and port. */
  startCloud(): Promise<void>;
  readonly uuid: string;
  readonly folder: string;
  /** Where the board's files are. */
  readonly files: string;
  agent(): RunningAgent;
  /** Starts the board's agent again, with other arguments. */
  restartAgent(...args: readonly string[]): Promise<void>;
  /** `./s4t …` as who started the cloud. */
  s4t(line: string): Promise<Printed>;
  /** The same, left running. */
  start(line: string, input?: "ignore" | "pipe"): ReturnType<typeof paste>;
  end(): Promise<void>;
}

/** Starts a cloud with a board `lamp` that is online. */
export const openStage = async (
  agentArgs: readonly string[] = [],
  options: CloudOptions = {},
): Promise<Stage> => {
  const temporary = temporaryFolder();
  const folder = temporary.path;
  const files = join(folder, "files");
  mkdirSync(files);
  const data = join(folder, "cloud");
  let cloud = await startCloud(data, options);
  await cloud.signIn();
  const { port } = new URL(cloud.url);
  const { uuid, enrolment } = await registerBoard(cloud, "lamp");
  const board = join(folder, "lamp");
  const online = () => until(() => stateOf(cloud, uuid), isThere, 15_000);
  const argumentsOf = (args: readonly string[]) => ["--files", files, ...args];
  let agent = startAgent(board, ["--enrol", enrolment, ...argumentsOf(agentArgs)]);
  await online();
  const env = { HOME: folder, S4T_DATA: data };
  return {
    get cloud() {
      return cloud;
    },
    async stopCloud() {
      await cloud.kill("SIGTERM");
    },
    async startCloud() {
      const args = [...(options.args ?? []), "--port", port];
      cloud = await startCloud(data, { ...options, args });
      await cloud.signIn();
      await online();
    },
    uuid,
    folder,
    files,
    agent: () => agent,
    async restartAgent(...args) {
      const epochOf = async (): Promise<number> =>
        (await cloud.call("GET", `/api/boards/${uuid}`)).body.connectivity.epoch;
      const before = await epochOf();
      await agent.kill("SIGTERM");
      agent = startAgent(board, argumentsOf(args));
      // The cloud still counts it as there for a moment after it went: a new session is what tells.
      await until(epochOf, (epoch) => epoch > before, 15_000);
      await online();
    },
    s4t: (line) => finish(paste(`./s4t ${line}`, env)),
    start: (line, input) => paste(`./s4t ${line}`, env, input),
    async end() {
      await agent.kill("SIGTERM");
      await cloud.kill("SIGTERM");
      temporary.remove();
    },
  };
};

/** Everything that a process prints, as it comes. */
export const heardFrom = (child: ReturnType<typeof paste>): { out(): string; err(): string } => {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("latin1").on("data", (piece: string) => {
    out += piece;
  });
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    err += piece;
  });
  return { out: () => out, err: () => err };
};

/** A plain connection to a port of this machine, and what comes by it. */
export const callPort = (port: number) => {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket
    .on("error", () => {})
    .on("data", (bytes) => {
      said += bytes.toString();
    });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, closed, said: () => said };
};

/** What begins and ends in the record, and the fact that both name it by. */
const pairs = [
  { noun: "stream", opens: "stream.open", closes: "stream.close", fact: "connection" },
  { noun: "forward", opens: "forward.open", closes: "forward.close", fact: "forward" },
] as const;

/**
 * What is wrong with the record of streams, once nobody is connected: each that was opened there has one end, and no other has one.
 * With forwards: theirs as well, which may take as long as a lease where their cloud was killed.
 */
export const faultsOfRecord = async (
  cloud: RunningCloud,
  { withForwards = false }: { readonly withForwards?: boolean } = {},
): Promise<string[]> => {
  const faults: string[] = [];
  for (const { noun, opens, closes, fact } of withForwards ? pairs : pairs.slice(0, 1)) {
    const found = new Map<string, [opened: number, closed: number]>();
    for (const action of [opens, closes])
      for (const { status, facts } of await listAll(cloud, "/api/audit", { action })) {
        if (action === "stream.open" && status === "denied") continue;
        const of = found.get(facts[fact]) ?? [0, 0];
        found.set(facts[fact], of);
        of[action === opens ? 0 : 1] += 1;
      }
    for (const [id, [opened, closed]] of found)
      if (opened !== 1 || closed !== 1)
        faults.push(`${noun} ${id}: opened ${opened} times, closed ${closed}`);
  }
  return faults;
};

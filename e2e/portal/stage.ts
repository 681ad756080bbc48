// What the portal is shown against: a real cloud and real agents, each a process of its own that a test may kill.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/repository.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "../program.ts";
import { until } from "../s4t.ts";

const agentBundle = join(root, "apps/lightning-rod/dist/main.js");
/** Longest from the start of an agent to the cloud's word that its board is there. */
const joinTimeoutMs = 20_000;
/** A pause of this many seconds without anything that is a live report, in the counting of writes. */
const busyBytes = 300;

export interface RunningAgent {
  readonly child: ChildProcess;
  readonly folder: string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface Stage {
  /** The cloud that runs now; another one after `restartCloud`. */
  cloud(): RunningCloud;
  readonly admin: { readonly username: string; readonly password: string };
  /** Registers a board and brings its agent up; answers its id once it is online. */
  addBoard(name: string, args?: readonly string[]): Promise<string>;
  startAgent(name: string, enrolment?: string, args?: readonly string[]): RunningAgent;
  readonly agents: Map<string, RunningAgent>;
  untilStatus(uuid: string, status: string): Promise<void>;
  /** On the same port and data. */
  restartCloud(): Promise<void>;
  close(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

export const openStage = async (args: readonly string[] = []): Promise<Stage> => {
  const folder = temporaryFolder();
  const data = join(folder.path, "cloud");
  let cloud = await startCloud(data, { args });
  await cloud.signIn();
  const { port } = new URL(cloud.url);
  const agents = new Map<string, RunningAgent>();

  const startAgent = (
    name: string,
    enrolment?: string,
    more: readonly string[] = [],
  ): RunningAgent => {
    const home = join(folder.path, name);
    const child = spawn(
      process.execPath,
      [agentBundle, "run", "--data", home, ...(enrolment ? ["--enrol", enrolment] : []), ...more],
      { env: { PATH: process.env.PATH, HOME: folder.path }, stdio: "ignore" },
    );
    const agent: RunningAgent = {
      child,
      folder: home,
      async kill(signal) {
        child.kill(signal);
        await ended(child);
      },
    };
    agents.set(name, agent);
    return agent;
  };
  const untilStatus = async (uuid: string, status: string): Promise<void> => {
    await until(
      async () => (await cloud.call("GET", `/api/boards/${uuid}`)).body.status,
      (now) => now === status,
      joinTimeoutMs,
    );
  };
  return {
    cloud: () => cloud,
    admin: JSON.parse(readFileSync(join(data, "admin.json"), "utf8")),
    agents,
    startAgent,
    untilStatus,
    async addBoard(name, more) {
      const { body } = await cloud.call("POST", "/api/boards", { name });
      startAgent(name, body.enrolment.enrolment, more);
      await untilStatus(body.board.uuid, "online");
      return body.board.uuid;
    },
    async restartCloud() {
      cloud = await startCloud(data, { args: [...args, "--port", port] });
      await cloud.signIn();
    },
    async close() {
      for (const agent of agents.values()) await agent.kill("SIGTERM");
      await cloud.kill("SIGTERM");
      folder.remove();
    },
  };
};

/** Bytes that a process has written so far: files and sockets. */
const writtenBytes = ({ pid }: ChildProcess): number =>
  Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);

/** In how many of the coming seconds an agent writes as much as a report of values has. */
export const busySeconds = async ({ child }: RunningAgent, seconds: number): Promise<number> => {
  let busy = 0;
  for (let second = 0, before = writtenBytes(child); second < seconds; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const now = writtenBytes(child);
    if (now - before >= busyBytes) busy += 1;
    before = now;
  }
  return busy;
};

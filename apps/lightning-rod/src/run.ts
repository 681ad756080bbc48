// `run`: the agent in the foreground, until a signal; again by itself after a restart that the cloud asked for.
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { exitCodeOf, fail } from "@s4t/contract";
import { createLog, isS4tError, type Log, type LogLevel, logLevels, systemClock } from "@s4t/kit";
import {
  makePrivateFolder,
  readFileIfThere,
  removeFileDurably,
  whyUnwritable,
} from "@s4t/kit/node";
import { openAccess } from "./access/access.ts";
import { composeAgent } from "./compose.ts";
import { type AgentConfig, FROM_INPUT } from "./config.ts";
import { identify } from "./enrol.ts";
import { createRuntime } from "./features/plugins/runtime/runtime.ts";
import { readIdentity } from "./identity.ts";
import { readInputLine } from "./input-line.ts";
import { nextStepOf } from "./next-steps.ts";
import { createLinux } from "./platform/linux/linux.ts";
import { openPluginStore } from "./platform/linux/plugin-store.ts";
import { openPluginProcesses } from "./platform/linux/plugins/processes.ts";
import { openFolder, type Storage, sweepFolder } from "./storage.ts";

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

const pidFileOf = (folder: string): string => join(folder, "agent.pid");

/** Process of the agent that runs on a folder. */
export const holderOf = (folder: string): number | undefined => {
  const text = readFileIfThere(pidFileOf(folder));
  return text !== undefined && isAlive(Number(text)) ? Number(text) : undefined;
};

/** Takes the folder for this process. Throws `data.locked` and `data.unwritable`. */
export const lockFolder = (folder: string): (() => void) => {
  const file = pidFileOf(folder);
  try {
    makePrivateFolder(folder);
    for (;;) {
      try {
        writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
        return () => removeFileDurably(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        const pid = Number(readFileSync(file, "utf8"));
        if (pid !== process.pid && isAlive(pid)) throw fail("data.locked", { folder, pid });
        removeFileDurably(file);
      }
    }
  } catch (error) {
    if (isS4tError(error)) throw error;
    throw fail("data.unwritable", { folder, because: whyUnwritable(error) }, error);
  }
};

/** To standard error by descriptor: the stream of that name costs 2 MB, and ends a program whose reader is gone. */
const say = (line: string): void => {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // nobody reads it, or not fast enough: the agent's work goes on
  }
};

const createAgentLog = (): { log: Log; setLevel: (level: LogLevel) => void } => {
  let floor = logLevels.indexOf("info");
  const log = createLog(({ level, sentence, facts }) => {
    if (logLevels.indexOf(level) >= floor)
      say(JSON.stringify({ time: new Date().toISOString(), level, msg: sentence, ...facts }));
  }, "debug");
  return {
    log,
    setLevel: (level) => {
      floor = logLevels.indexOf(level);
    },
  };
};

const enrolmentOf = async ({ enrol }: AgentConfig): Promise<string | null> =>
  enrol === FROM_INPUT ? await readInputLine() : enrol;

/** Makes sure that this machine is enrolled, and does nothing else. Throws what keeps it from it. */
export const enrolOnly = async (config: AgentConfig): Promise<void> => {
  const release = lockFolder(config.data);
  try {
    const { log } = createAgentLog();
    const storage = openFolder(config.data);
    await identify(
      { enrolment: await enrolmentOf(config), url: config.url, simulated: false },
      { storage, clock: systemClock, log, random: Math.random },
      new AbortController().signal,
    );
  } finally {
    release();
  }
};

/** Who this board is, as its plugins may know. */
const boardOf = (storage: Storage): { uuid: string; name: string } => {
  const { board = "", name = "" } = readIdentity(storage) ?? {};
  return { uuid: board, name };
};

/** For tests of power cuts: this process ends, as by one, right after the step of an injection that the environment names. */
const dieAt = (wanted: string | undefined) => (point: string) => {
  if (point === wanted) process.kill(process.pid, "SIGKILL");
};

const endWithInput = (end: () => void): void => {
  if (process.stdin.closed) end();
  process.stdin.once("close", end).on("error", end).resume();
};

/** Which cloud it was about, where this board knows one. */
const asked = ({ data, url }: AgentConfig): string => {
  const of = url ?? readIdentity(openFolder(data))?.url;
  return of === undefined ? "" : `The cloud that was asked is at ${of}. `;
};

/** Runs an agent; answers the exit code. */
export const runAgent = async (config: AgentConfig): Promise<number> => {
  const { log, setLevel } = createAgentLog();
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stopped.abort());
  let release: (() => void) | undefined;
  try {
    release = lockFolder(config.data);
    sweepFolder(config.data);
    const access = openAccess(config.access, systemClock);
    const given = await enrolmentOf(config);
    if (config.endWithInput) endWithInput(() => stopped.abort());
    const processes = openPluginProcesses({
      top: config.data,
      folder: join(config.data, "plugins/hosts"),
    });
    for (let enrolment = given; !stopped.signal.aborted; enrolment = null) {
      const life = new AbortController();
      const end = () => life.abort();
      stopped.signal.addEventListener("abort", end, { once: true });
      const storage = openFolder(config.data);
      const agent = composeAgent(
        { enrolment, url: config.url, rebootCommand: config.rebootCommand, simulated: false },
        {
          platform: createLinux({ clock: systemClock, diskFolder: config.data }),
          clock: systemClock,
          log,
          random: Math.random,
          storage,
          restart: end,
          setLogLevel: setLevel,
          plugins: {
            store: openPluginStore(join(config.data, "plugins")),
            runner: createRuntime({ processes, clock: systemClock, board: () => boardOf(storage) }),
            atPoint: dieAt(process.env.S4T_FAIL_AT),
          },
          access,
        },
      );
      await agent.run(life.signal);
      stopped.signal.removeEventListener("abort", end);
    }
    return 0;
  } catch (error) {
    if (stopped.signal.aborted) return 0;
    if (!isS4tError(error)) throw error;
    say(`${error.message} (${error.code})`);
    const next = nextStepOf(error.code);
    if (next !== undefined) say(`${asked(config)}${next}.`);
    return exitCodeOf(error.code);
  } finally {
    release?.();
    if (config.endWithInput) process.stdin.destroy();
  }
};

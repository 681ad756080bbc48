// The parts list of the agent. Everything that a simulated board replaces is a dependency: platform, clock, randomness, storage.
import { fail, type ReportRow } from "@s4t/contract";
import { Bug, type Clock, type Log, withPresent } from "@s4t/kit";
import { type Access, accessInfo } from "./access/access.ts";
import { composeDoors } from "./compose-doors.ts";
import { features, identify } from "./enrol.ts";
import { createBoardFeature, infoOf } from "./features/board/board.ts";
import type { Dispatch } from "./features/feature.ts";
import { createPlugins, type PluginPoint, type Plugins } from "./features/plugins/plugins.ts";
import type { Runner } from "./features/plugins/runner.ts";
import { createSensors } from "./features/sensors/sensors.ts";
import { findKey, readIdentity, setDamagedIdentityAside, writeIdentity } from "./identity.ts";
import { type Jobs, openJobs } from "./jobs/jobs.ts";
import type { Connect, LinkOptions } from "./link/connect.ts";
import { createAgentLink, type RunningLink } from "./link/link.ts";
import { openProjectKeys } from "./link/project-key.ts";
import { followSuccession } from "./link/succession.ts";
import { traceFacts, within } from "./link/trace.ts";
import type { Platform } from "./platform/platform.ts";
import type { PluginStore } from "./platform/plugin-store.ts";
import { openJournal } from "./reports/journal.ts";
import type { Storage } from "./storage.ts";
import type { Executor, Executors } from "./target/kinds.ts";
import { createTargetKeeper } from "./target/target.ts";

export type { Connect } from "./link/connect.ts";
export { createSimulatedPlugins } from "./platform/simulated/plugins.ts";
export { createSimulated, type SimulatedOptions } from "./platform/simulated/simulated.ts";
export { openMemory, type Storage } from "./storage.ts";

export interface AgentOptions {
  /** Used up when the board has no identity yet, or another cloud's. */
  readonly enrolment: string | null;
  /** Where the cloud is now, if not where the enrolment said. The authorities that are trusted stay the same. */
  readonly url: string | null;
  readonly rebootCommand: readonly string[] | null;
  readonly simulated: boolean;
}

export interface AgentDependencies {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly storage: Storage;
  /** Ends the agent so that it starts again. */
  readonly restart: () => void;
  readonly setLogLevel: (level: "debug" | "info" | "warn" | "error") => void;
  /** What plugins need of the machine; null where it can run none. */
  readonly plugins: PluginParts | null;
  /** What others may reach through this board; null where there is nothing to reach. */
  readonly access: Access | null;
  /** The network under the link, where it is not the machine's own. */
  readonly connect?: Connect;
  /** A session with the cloud began. */
  readonly onJoined?: () => void;
}

export interface PluginParts {
  readonly store: PluginStore;
  readonly runner: Runner;
  /** Called after each step of an injection: where tests end the process. */
  readonly atPoint: (point: PluginPoint) => void;
}

/** A board without its cloud looks by itself what can hold plugins: those that start with it wait no longer for a join. */
export const LOOK_LATEST_MS = 1_000;

/** An agent. */
export interface Agent {
  /** Lives until the signal; throws what no further try changes. */
  run(signal: AbortSignal): Promise<void>;
}

/** For entries of a feature that this agent does not have. */
const unsupported = (feature: string): Executor<unknown> => ({
  apply: () => {
    throw fail("board.unsupported", { feature });
  },
  remove: () => {},
});

/** Makes an agent. */
export const composeAgent = (options: AgentOptions, deps: AgentDependencies): Agent => {
  const { platform, clock, random, storage } = deps;
  const log = withPresent(deps.log, traceFacts);
  const machine = { ...platform.describe(), now: clock.now, uptimeMs: platform.uptimeMs };
  const journal = openJournal(storage, machine, log);
  let link: (RunningLink & { call(name: string, args: unknown): Promise<unknown> }) | undefined;
  let plugins: Plugins | undefined;
  // One row says all that is measured: where several wait, the last one stands for them.
  const describeSeries = (): Extract<ReportRow, { kind: "series" }> => ({
    kind: "series",
    series: { ...plugins?.series(), ...sensors.describe().series },
  });
  const pluginsInfo = () => {
    const info = plugins?.info();
    return info ? { plugins: info } : {};
  };
  const store = (row: ReportRow): void => {
    journal.append(row.kind === "series" ? describeSeries() : row);
    link?.flush();
  };
  const sensors = createSensors({ platform, clock, store, tell: (row) => link?.tell(row) });
  const boardOptions = {
    platform,
    clock,
    log,
    rebootCommand: options.rebootCommand,
    restart: deps.restart,
    startedAtMs: clock.now(),
    more: () => ({
      ...pluginsInfo(),
      ...(deps.access ? { access: accessInfo(deps.access) } : {}),
    }),
  };
  const projectKeys = openProjectKeys(storage);
  const doors = deps.access
    ? composeDoors(deps.access, {
        where: () => {
          if (!link) throw new Bug("a tunnel is dialled before there is a link");
          return link.where();
        },
        boardKey: () => findKey(storage)?.publicKey,
        sign: (text) => {
          if (!link) throw new Bug("a tunnel is dialled before there is a link");
          return link.sign(text);
        },
        projectKeys,
        clock,
        log,
      })
    : undefined;
  if (deps.plugins)
    plugins = createPlugins({
      ...{ ...deps.plugins, storage, clock, log, random },
      uptimeMs: platform.uptimeMs,
      pinned: () => projectKeys.present(),
      named: () => target.named("plugins"),
      report: store,
      tell: (row) => link?.tell(row),
      describeSeries: () => store(describeSeries()),
      fetch: (wanted) => {
        if (!link) throw new Bug("a plugin is fetched before there is a link");
        return link.fetchBlob(wanted);
      },
    });
  // What holds plugins is found out by starting programs: after the join, which is not to wait for it.
  let isLooking = false;
  const lookAtMachine = (): void => {
    if (!plugins || isLooking) return;
    isLooking = true;
    if (plugins.info()) return;
    plugins.look().then(
      () => store({ kind: "info", info: infoOf(boardOptions) }),
      (error: unknown) =>
        log.error("What can hold plugins is not known", { because: String(error) }),
    );
  };
  const dispatch: Dispatch = new Map([
    ...createBoardFeature(boardOptions),
    ...sensors.dispatch,
    ...(plugins?.dispatch ?? []),
    ...(doors?.dispatch ?? []),
  ]);
  const executors: Executors = {
    "settings/sensors": { apply: (value) => sensors.configure(value), remove: () => {} },
    "settings/log": {
      apply: ({ level }) => deps.setLogLevel(level),
      remove: () => deps.setLogLevel("info"),
    },
    "trust/ca": {
      apply: ({ certificates }) => {
        const identity = readIdentity(storage);
        // A board on the cloud's own machine trusts no authority: its link is plain, and none can be changed.
        if (!identity?.ca) return;
        const ca = followSuccession(identity.ca, certificates);
        writeIdentity(storage, { ...identity, ca });
        link?.trust(ca);
      },
      remove: () => {},
    },
    "trust/project-key": {
      apply: (succession) => {
        if (!projectKeys.follow(succession)) return;
        // Who has a shell by an earlier key, or had one before it was sealed, is out.
        if (projectKeys.present()?.sealed) doors?.endTrusting();
        target.applyAgain("plugins");
      },
      // Whom a board trusts is never "nobody again": then anybody could be the first.
      remove: () => {},
    },
    "plugins/*": plugins?.executor ?? unsupported("plugins"),
    "services/*": doors?.executor ?? unsupported("services"),
  };
  const target = createTargetKeeper(storage, executors, log, () => link?.entriesChanged());
  let jobs: Jobs | undefined;

  return {
    async run(signal) {
      const damaged = setDamagedIdentityAside(storage);
      if (damaged !== undefined) log.error("The identity of this board was damaged", { damaged });
      const { identity, key } = await identify(options, deps, signal);
      const linkOptions: LinkOptions = {
        key,
        features: [
          ...features,
          ...(plugins ? ["plugins"] : []),
          ...(doors ? ["tunnel", "services", "terminal", "files"] : []),
        ],
        simulated: options.simulated,
      };
      link = createAgentLink(linkOptions, {
        clock,
        log,
        random,
        dispatch,
        target,
        journal,
        jobs: () => jobs as Jobs,
        info: () => infoOf(boardOptions),
        describeSeries,
        connect: deps.connect,
        onJoined: () => {
          lookAtMachine();
          deps.onJoined?.();
        },
        isClockSynchronised: () => platform.isClockSynchronised(),
      });
      const calling = link;
      jobs = openJobs({
        storage,
        cloudNow: () => calling.cloudNow(),
        log,
        call: (job) => within(job, () => calling.call(job.procedure, job.args)),
        report: (row) => journal.append(row, { durable: true }),
      });
      plugins?.resume();
      target.restore();
      plugins?.sweep();
      sensors.start();
      const latest = clock.after(LOOK_LATEST_MS, lookAtMachine);
      try {
        await link.run(identity, signal);
      } finally {
        latest.cancel();
        sensors.stop();
        doors?.close();
        await plugins?.close();
      }
    },
  };
};

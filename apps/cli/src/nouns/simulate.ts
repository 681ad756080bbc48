import { randomBytes } from "node:crypto";
import { type Clock, seeded, sleep, systemClock } from "@s4t/kit";
import {
  dropKinds,
  fail,
  MAX_CHURN,
  MAX_SIMULATED_BOARDS,
  type SimulationProgress,
} from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { type CallFigures, type Calling, startCalls } from "../simulation/calls.ts";
import {
  checkRunIsFree,
  type Fleet,
  type FleetOptions,
  fillTargets,
  prepareFleet,
  retireFleet,
} from "../simulation/fleet.ts";
import { type Simulator, startSimulator } from "../simulation/simulator.ts";

/** Longest simulation: a day, as long as the enrolments that it begins with. */
export const MAX_SIMULATION_S = 86_400;
/** Most calls a second: they come from one process, which would measure itself beyond. */
export const MAX_SIMULATED_CALLS = 1_000;
/** Most entries of a target that are asked for: plugins on one board have the same limit. */
export const MAX_SIMULATED_ENTRIES = 100;
/** How often it is told how it goes. */
const tellEveryMs = 5_000;
/** How long boards may take to enrol and connect: some for the first, and so much for each … */
const gatherMs = 60_000;
/** … by which a cloud that is slower than fifty boards a second is given up. */
const gatherEachMs = 20;

interface Flags {
  readonly boards: string;
  readonly churn: string;
  readonly seed: string;
  readonly calls: string;
  readonly entries: string;
  readonly seconds: string;
  readonly run?: string;
  readonly keep?: boolean;
}

const whole = (flag: string, text: string, most: number, least = 0): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw fail("request.invalid", {
      where: `--${flag}`,
      because: `must be a whole number from ${least} to ${most}`,
    });
  return value;
};

const rate = (flag: string, text: string, most: number): number => {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > most)
    throw fail("request.invalid", {
      where: `--${flag}`,
      because: `must be a number a second, at most ${most}`,
    });
  return value;
};

/** Names in the registry and a label's value are made of it. */
const runOf = (given: string = randomBytes(4).toString("hex")): string => {
  if (!/^[a-z0-9]{1,20}$/.test(given))
    throw fail("request.invalid", {
      where: "--run",
      because: "must be 1 to 20 lower-case letters and digits",
    });
  return given;
};

const parse = (flags: Flags) => ({
  run: runOf(flags.run),
  boards: whole("boards", flags.boards, MAX_SIMULATED_BOARDS, 1),
  churn: rate("churn", flags.churn, MAX_CHURN),
  seed: whole("seed", flags.seed, 2 ** 31 - 1),
  calls: rate("calls", flags.calls, MAX_SIMULATED_CALLS),
  entries: whole("entries", flags.entries, MAX_SIMULATED_ENTRIES),
  seconds: whole("seconds", flags.seconds, MAX_SIMULATION_S, 1),
});

const msText = (ms: number | null): string =>
  ms === null ? "–" : ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(1)} s`;
const spreadText = ({ count, p50, p99, max }: SimulationProgress["firstJoin"]): string =>
  count === 0 ? "–" : `p50 ${msText(p50)}, p99 ${msText(p99)}, at most ${msText(max)}`;

const callsText = ({ perSecond, answered }: CallFigures): string =>
  `${perSecond.toFixed(1)} calls a second, ${spreadText(answered)}`;

const summarise = (
  { out }: Context,
  progress: SimulationProgress,
  calls: CallFigures,
  seconds: number,
): void => {
  const failed = Object.entries(calls.failed).map(([code, count]) => `${count} ${code}`);
  out.thing({ ...progress, calls, seconds }, [
    [
      "boards",
      `${progress.connected} of ${progress.boards} connected${progress.ended > 0 ? `, ${progress.ended} refused` : ""}`,
    ],
    ["first join", spreadText(progress.firstJoin)],
    ["calls", callsText(calls)],
    ["not answered", failed.join(", ") || "none"],
    ...dropKinds.map(
      (kind) =>
        [
          `back, ${kind}`,
          `${progress.back[kind].count} of ${progress.drops[kind]} drops, ${spreadText(progress.back[kind])}`,
        ] as const,
    ),
  ]);
};

type Wanted = ReturnType<typeof parse> & Pick<FleetOptions, "onStep">;

/** Resolves when every board has joined once, or was refused. */
const untilGathered = async (
  { progress }: Simulator,
  boards: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  const endMs = clock.monotonicMs() + gatherMs + boards * gatherEachMs;
  for (;;) {
    const { firstJoin, ended } = progress() ?? { firstJoin: { count: 0 }, ended: 0 };
    if (firstJoin.count + ended >= boards) return;
    if (clock.monotonicMs() > endMs)
      throw fail("deadline.exceeded", { timeoutMs: gatherMs + boards * gatherEachMs });
    await sleep(clock, 100, signal);
  }
};

const measure = async (
  context: Context,
  wanted: Wanted,
  fleet: Fleet,
  simulator: Simulator,
  signal: AbortSignal,
  onCalling: (calling: Calling) => void,
): Promise<void> => {
  const clock = systemClock;
  const client = context.client();
  await untilGathered(simulator, wanted.boards, clock, signal);
  await fillTargets(client, fleet.boards, wanted);
  const fromMs = clock.monotonicMs();
  const calling = startCalls(client, {
    ...{ boards: fleet.boards, perSecond: wanted.calls, clock, signal },
    random: seeded(wanted.seed),
  });
  onCalling(calling);
  await sleep(clock, wanted.seconds * 1_000, signal).catch(() => {}); // Ctrl-C: that was it
  // As it was while they were there: their goodbyes follow.
  const progress = simulator.progress();
  const seconds = (clock.monotonicMs() - fromMs) / 1_000;
  if (progress) summarise(context, progress, calling.figures(), seconds);
};

const play = async (context: Context, wanted: Wanted, fleet: Fleet): Promise<void> => {
  const { out, signal } = context;
  const { boards, churn, seed } = wanted;
  const simulator = await startSimulator(
    {
      ...{ url: context.cloud().url, boards: fleet.boards, progress: true },
      churn: { perSecond: churn, seed },
    },
    fleet,
  );
  let calling: Calling | undefined;
  const life = new AbortController();
  const ends = AbortSignal.any([signal, life.signal]);
  const tell = async (): Promise<void> => {
    for (;;) {
      await sleep(systemClock, tellEveryMs, ends);
      const { connected = 0, joins = 0 } = simulator.progress() ?? {};
      const there = `${connected} of ${boards} connected, ${joins} joins`;
      out.note(calling ? `${there}; ${callsText(calling.figures())}` : there);
    }
  };
  tell().catch(() => {}); // it ends with the simulation
  try {
    await Promise.race([
      measure(context, wanted, fleet, simulator, ends, (begun) => {
        calling = begun;
      }),
      simulator.ended.then(() => Promise.reject(fail("request.canceled"))),
    ]);
  } finally {
    life.abort();
    simulator.end();
    await simulator.ended;
  }
};

export const register = (program: Command): void => {
  const simulate = program
    .command("simulate")
    .description(
      "play many boards against a cloud: the agent's own code on machines that do not exist",
    )
    .option("--boards <n>", `how many, at most ${MAX_SIMULATED_BOARDS}`, "100")
    .option("--churn <rate>", "boards a second that drop: cut, silent or with a goodbye", "0")
    .option("--seed <n>", "what chance begins with: the same boards, the same drops", "1")
    .option("--calls <rate>", "calls a second to boards by chance", "20")
    .option("--entries <n>", "entries in the target of each board", "20")
    .option("--seconds <n>", "how long, once they are connected", "60")
    .option("--run <name>", "what its boards and plugins are named after; by chance unless said")
    .option("--keep", "leave the boards in the registry; a later --run of this name takes them up");
  examples(
    simulate,
    "simulate --boards 1000 --churn 5",
    "simulate --boards 200 --seconds 600 --run evening --keep",
    "simulate --boards 50 --seconds 10 --json",
  );
  run(simulate, async (context, _, flags: Flags) => {
    const asked = parse(flags);
    let toldMs = 0;
    const onStep = (what: string, done: number, of: number): void => {
      const now = systemClock.monotonicMs();
      if (done < of && now - toldMs < tellEveryMs) return;
      toldMs = now;
      context.out.note(`${done} of ${of} ${what}`);
    };
    const wanted = { ...asked, onStep };
    // Before anything that would be taken back: what is there belongs to whoever plays.
    await checkRunIsFree(context.client(), wanted.run);
    try {
      await play(context, wanted, await prepareFleet(context.client(), wanted));
    } finally {
      if (flags.keep !== true) await retireFleet(context.lastingClient(), wanted, systemClock);
      else context.out.note(`Its boards stay: --run ${wanted.run} takes them up`);
    }
  });
};

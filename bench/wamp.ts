// Calls and publications through our WAMP router beside fox-wamp and a bare relay of frames, in the same rounds: how many a second of
// the router's CPU. Every router is a process of its own; callers, callees, publishers and followers are this one.
import { figuresOf, type Print } from "./harness/figures.ts";
import { interleave, median } from "./harness/rounds.ts";
import { type LoadCase, type LoadSample, runLoad } from "./wamp/load.ts";
import { type Contender, inOtherSerializers, startRouters } from "./wamp/routers.ts";

const calls = { kind: "call", argumentBytes: 100 } as const;
const publications = { kind: "publish", askers: 1, argumentBytes: 100 } as const;

const cases: readonly LoadCase[] = [
  { ...calls, name: "one caller, 64 in flight, 0.1 kB", askers: 1, inFlight: 64, others: 1 },
  {
    ...calls,
    ...{ name: "one caller, 64 in flight, 2 kB", askers: 1, inFlight: 64, others: 1 },
    argumentBytes: 2_000,
  },
  {
    ...calls,
    ...{ name: "one caller, 64 in flight, 20 kB", askers: 1, inFlight: 64, others: 1 },
    argumentBytes: 20_000,
  },
  { ...calls, name: "64 callers, 1 in flight each", askers: 64, inFlight: 64, others: 1 },
  {
    ...calls,
    ...{ name: "1,000 callees, 1 in flight each", askers: 1, inFlight: 1_000, others: 1_000 },
  },
  { ...publications, name: "publish to 1, 64 in flight", inFlight: 64, others: 1 },
  { ...publications, name: "publish to 10, 16 in flight", inFlight: 16, others: 10 },
  { ...publications, name: "publish to 1,000, 1 in flight", inFlight: 1, others: 1_000 },
];

/** Of these, our router in each of its serializers. */
const serializerCases = cases.filter(({ name }) =>
  /64 in flight, (0.1|2) kB|publish to 10,/.test(name),
);

/** Median of the ratios of the same rounds; above 1: ours takes less. */
const ratioOf = (ours: readonly LoadSample[], theirs: readonly LoadSample[]): number =>
  median(
    ours.map(
      ({ cpuMicroseconds }, round) => (theirs[round]?.cpuMicroseconds ?? 0) / cpuMicroseconds,
    ),
  );

/** One case in rounds: each contender's figures, and the first one's ratio to each of the others. */
const compare = async (
  load: LoadCase,
  contenders: readonly Contender[],
  figure: ReturnType<typeof figuresOf>,
): Promise<void> => {
  const samples = await interleave(
    Object.fromEntries(contenders.map((one) => [one.name, () => runLoad(one, load)])),
  );
  const of = (name: string, member: keyof LoadSample) =>
    median((samples[name] ?? []).map((sample) => sample[member]));
  for (const { name } of contenders) {
    const kind = { case: `${load.name}, ${name}` };
    const value = of(name, "cpuMicroseconds");
    figure({ ...kind, metric: "CPU of the router", value, unit: "µs CPU" });
    figure({ ...kind, metric: "a router CPU-second", value: 1e6 / value, unit: "1/CPU-s" });
    figure({ ...kind, metric: "rate", value: of(name, "perSecond"), unit: "1/s" });
    figure({ ...kind, metric: "router busy", value: of(name, "routerBusyPercent"), unit: "%" });
  }
  const [ours, ...others] = contenders;
  for (const peer of others)
    figure({
      case: `${load.name}, ${ours?.name} to ${peer.name}`,
      metric: "per CPU-second, ratio of the same round",
      value: ratioOf(samples[ours?.name ?? ""] ?? [], samples[peer.name] ?? []),
      unit: "×",
    });
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("wamp", print);
  const routers = await startRouters();
  try {
    for (const load of cases) await compare(load, routers, figure);
    const [ours] = routers;
    if (!ours) return;
    for (const load of serializerCases)
      await compare(load, [ours, ...inOtherSerializers(ours)], figure);
  } finally {
    for (const { program } of routers) await program.stop();
  }
};

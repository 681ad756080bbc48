// Bytes to and from a board through a tunnel, beside a plain Node pipe and `ssh -R`, in the same rounds. Both ends are processes of
// their own, and so is the service that they lead to; the client is this process. CPU is that of both ends together.
import { join } from "node:path";
import { root } from "../scripts/repository.ts";
import { startAgent, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { timeEach } from "./harness/latency.ts";
import { residentMiBOf } from "./harness/machine.ts";
import { type RunningProgram, startProgram } from "./harness/program.ts";
import { interleave, median, quantile } from "./harness/rounds.ts";
import { bring, connectMany, openEcho, stall, take } from "./tunnel/client.ts";
import { type SshPeer, startSsh } from "./tunnel/ssh.ts";

/** MiB of one transfer. */
const BULK_MIB = 256;
/** MiB over the long path: enough that the first second, in which windows grow, is a part and not the whole. */
const FAR_MIB = 512;
/** Connections of one round, so many at once. Of `ssh -R`, which takes eight times as long, fewer. */
const CONNECTIONS = 2_000;
const SSH_CONNECTIONS = 500;
const AT_ONCE = 8;
/** Connections before the rounds: after fewer, compilers still settle. */
const WARM_CONNECTIONS = 6_000;
const ECHOES = 1_000;
const IDLE_STREAMS = 1_000;
/** A 99th percentile of a machine that others use needs many. */
const STALLED_ROUNDS = 25;
const STALLED_ECHOES = 2_000;
/** What ends a connection is a part of it, too. */
const SETTLE_MS = 30;
/** The product gathers its audit for half a second: what is written after the last connection is a part of it, too. */
const PRODUCT_SETTLE_MS = 800;

type Figure = ReturnType<typeof figuresOf>;

/** Something that leads from a public port to the service. */
interface Way {
  readonly name: string;
  readonly port: number;
  cpuSeconds(): number;
  /** Of these ends, by name, if each is told. */
  readonly ends?: Readonly<Record<string, () => number>>;
  /** How long after the last byte CPU counts; absent: `SETTLE_MS`. */
  readonly settleMs?: number;
}
interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly ends: Readonly<Record<string, number>>;
}

const portsOf = ({ greeting }: RunningProgram): number[] =>
  (/ports? ([\d ]+)/.exec(greeting)?.[1] ?? "").trim().split(" ").map(Number);
const start = (name: string, args: readonly (string | number)[], ready: RegExp) =>
  startProgram({ file: join(root, `bench/peers/${name}.ts`), args: args.map(String), ready });

const sampleOf = async (
  { cpuSeconds, ends = {}, settleMs = SETTLE_MS }: Way,
  work: () => Promise<number>,
): Promise<Sample> => {
  const readEnds = () => Object.entries(ends).map(([name, read]) => [name, read()] as const);
  const before = cpuSeconds();
  const endsBefore = new Map(readEnds());
  const seconds = await work();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return {
    seconds,
    cpuSeconds: cpuSeconds() - before,
    ends: Object.fromEntries(
      readEnds().map(([name, now]) => [name, now - (endsBefore.get(name) ?? 0)]),
    ),
  };
};

const measure = async (
  ways: readonly Way[],
  work: (way: Way) => Promise<number>,
  rounds?: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> => {
  for (const way of ways) await sampleOf(way, () => work(way)); // compilers and windows settle
  const contenders = ways.map((way) => [way.name, () => sampleOf(way, () => work(way))] as const);
  return new Map(Object.entries(await interleave(Object.fromEntries(contenders), rounds)));
};

/** Median of the ratios of the same rounds. */
const ratioOf = (
  samples: ReadonlyMap<string, readonly Sample[]>,
  ours: string,
  theirs: string,
  member: "seconds" | "cpuSeconds",
): number =>
  median(
    (samples.get(ours) ?? []).map(
      (sample, round) => (samples.get(theirs)?.[round]?.[member] ?? Number.NaN) / sample[member],
    ),
  );

const pairs = [
  ["tunnel", "pipe"],
  ["tunnel", "ssh -R"],
  ["tunnel, TLS", "ssh -R"],
  ["tunnel, TLS", "ssh -R, aes128-gcm"],
  ["product", "pipe"],
  ["product", "ssh -R"],
] as const;

const measureBulk = async (ways: readonly Way[], figure: Figure): Promise<void> => {
  for (const [direction, work] of [
    ["down", take],
    ["up", bring],
  ] as const) {
    const samples = await measure(ways, ({ port }) => work(port, BULK_MIB));
    const bytes = BULK_MIB * 1_048_576;
    for (const [name, rounds] of samples) {
      const of = (count: (sample: Sample) => number) => median(rounds.map(count));
      const kind = `bulk ${direction}, ${name}`;
      figure({
        case: kind,
        metric: "rate",
        value: of((s) => bytes / s.seconds / 1e6),
        unit: "MB/s",
      });
      if (name !== "direct")
        figure({
          ...{ case: kind, metric: "CPU of both ends", unit: "CPU-s/GB", lessIsBetter: true },
          value: of((s) => (s.cpuSeconds / bytes) * 1e9),
        });
    }
    for (const [ours, theirs] of pairs.filter((pair) => pair.every((name) => samples.has(name))))
      for (const [metric, member] of [
        ["rate", "seconds"],
        ["CPU per byte", "cpuSeconds"],
      ] as const)
        figure({
          case: `bulk ${direction}, ${ours} to ${theirs}`,
          metric: `${metric}, ratio of the same round (above 1: ours is better)`,
          value: ratioOf(samples, ours, theirs, member),
          unit: "×",
        });
  }
};

const connectionsOf = (name: string): number =>
  name.startsWith("ssh") ? SSH_CONNECTIONS : CONNECTIONS;

/** What one connection took of each round. */
const perConnection = ({ seconds, cpuSeconds, ends }: Sample, count: number): Sample => ({
  seconds: seconds / count,
  cpuSeconds: cpuSeconds / count,
  ends: Object.fromEntries(Object.entries(ends).map(([end, spent]) => [end, spent / count])),
});

const measureConnections = async (ways: readonly Way[], figure: Figure): Promise<void> => {
  for (const { name, port } of ways)
    if (!name.startsWith("ssh")) await connectMany(port, WARM_CONNECTIONS, AT_ONCE);
  const measured = await measure(ways, ({ name, port }) =>
    connectMany(port, connectionsOf(name), AT_ONCE),
  );
  const samples = new Map(
    [...measured].map(([name, rounds]) => [
      name,
      rounds.map((sample) => perConnection(sample, connectionsOf(name))),
    ]),
  );
  for (const [name, rounds] of samples) {
    const of = (member: "seconds" | "cpuSeconds") => median(rounds.map((sample) => sample[member]));
    const kind = `new connection, ${name}`;
    figure({ case: kind, metric: "rate", value: 1 / of("seconds"), unit: "1/s" });
    if (name !== "direct")
      figure({ case: kind, metric: "CPU", value: of("cpuSeconds") * 1e6, unit: "µs CPU" });
    for (const end of Object.keys(rounds[0]?.ends ?? {}))
      figure({
        ...{ case: kind, metric: `CPU of the ${end}`, unit: "µs CPU" },
        value: median(rounds.map(({ ends }) => ends[end] ?? Number.NaN)) * 1e6,
      });
  }
  for (const [ours, theirs] of pairs.filter((pair) => pair.every((name) => samples.has(name))))
    figure({
      case: `new connection, ${ours} to ${theirs}`,
      metric: "rate, ratio of the same round",
      value: ratioOf(samples, ours, theirs, "seconds"),
      unit: "×",
    });
};

const measureEchoes = async (ways: readonly Way[], figure: Figure): Promise<void> => {
  const rounds: Record<string, () => Promise<number[]>> = {};
  for (const { name, port } of ways)
    rounds[name] = async () => {
      const echo = await openEcho(port);
      const took = await timeEach(ECHOES, echo.ask);
      echo.close();
      return took;
    };
  const took = await interleave(rounds);
  const of = (name: string, share: number) =>
    median((took[name] ?? []).map((round) => quantile(round, share)));
  for (const { name } of ways)
    figure({
      ...{ case: `echo of one byte, ${name}`, metric: "p50", value: of(name, 0.5), unit: "ms" },
      peer: { name: "pipe", value: of("pipe", 0.5) },
    });
};

/** A connection that was opened once and says nothing: what one more of them costs others, standing still or not. */
const rest = async (port: number): Promise<() => void> => (await openEcho(port)).close;

const measureStalled = async ({ port }: Way, figure: Figure): Promise<void> => {
  const echoes = async (open: (port: number) => Promise<() => void>): Promise<number> => {
    const stop = await open(port);
    await new Promise((resolve) => setTimeout(resolve, 200)); // until its window is full
    const echo = await openEcho(port);
    const took = await timeEach(STALLED_ECHOES, echo.ask);
    echo.close();
    stop();
    await new Promise((resolve) => setTimeout(resolve, 100)); // until what it held is given back
    return quantile(took, 0.99);
  };
  // The control: how far two rounds of the same differ on this machine.
  const took = await interleave(
    {
      alone: () => echoes(async () => () => {}),
      "alone, once more": () => echoes(async () => () => {}),
      "beside a connection at rest": () => echoes(rest),
      "beside a reader that stands still": () => echoes(stall),
    },
    STALLED_ROUNDS,
  );
  const { alone, ...others } = took;
  for (const [name, rounds] of Object.entries(others)) {
    const of = { case: `echo ${name}` } as const;
    const peer = { name: "alone", value: median(alone) };
    figure({ ...of, metric: "p99", value: median(rounds), unit: "ms", peer });
    const ratios = rounds.map((value, round) => value / (alone[round] ?? Number.NaN));
    figure({
      ...of,
      metric: "p99, share of alone's, same round",
      value: median(ratios),
      unit: "×",
    });
  }
};

const measureIdle = async (
  { port }: Way,
  ends: Readonly<Record<string, RunningProgram>>,
  figure: Figure,
): Promise<void> => {
  const resident = () => Object.values(ends).map(({ pid }) => residentMiBOf(pid));
  const open: Awaited<ReturnType<typeof openEcho>>[] = [];
  let before = resident();
  // The first thousand pay for what an end needs once: compiled code, room of the young generation.
  for (const which of ["first", "second"] as const) {
    for (let i = 0; i < IDLE_STREAMS; i += 1) open.push(await openEcho(port));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const after = resident();
    for (const [i, name] of Object.keys(ends).entries())
      figure({
        case: `${which} ${IDLE_STREAMS} idle streams, ${name}'s end`,
        ...{ metric: "RSS of one", unit: "KiB" },
        value: (((after[i] ?? 0) - (before[i] ?? 0)) * 1_024) / IDLE_STREAMS,
      });
    before = after;
  }
  for (const echo of open) echo.close();
};

/** The long path, in processes of its own: TCP through it beside a tunnel that was dialled through it, with the same buffers in between. */
const measureFar = async (servicePort: number, figure: Figure): Promise<void> => {
  const programs: RunningProgram[] = [];
  const run = async (...args: Parameters<typeof start>): Promise<RunningProgram> => {
    const program = await start(...args);
    programs.push(program);
    return program;
  };
  try {
    const [direct = 0] = portsOf(await run("slow-path", [servicePort], /port \d+/));
    const cloud = await run("tunnel-cloud", [], /ports .*\n/);
    const [dialled = 0, open = 0] = portsOf(cloud);
    const [far = 0] = portsOf(await run("slow-path", [dialled], /port \d+/));
    await run("tunnel-board", [servicePort, `http://127.0.0.1:${far}`], /dialled/);
    const none = { cpuSeconds: () => 0 };
    const ways = [
      { name: "TCP", port: direct, ...none },
      { name: "tunnel", port: open, ...none },
    ];
    for (const [direction, work] of [
      ["down", take],
      ["up", bring],
    ] as const) {
      const samples = await measure(ways, ({ port }) => work(port, FAR_MIB));
      const of = (name: string) =>
        median((samples.get(name) ?? []).map((s) => (FAR_MIB * 1.048_576) / s.seconds));
      figure({
        ...{ case: `100 ms path, ${direction}`, metric: "rate", value: of("tunnel"), unit: "MB/s" },
        peer: { name: "TCP", value: of("TCP") },
      });
    }
  } finally {
    for (const program of programs.reverse()) await program.stop();
  }
};

/** The cloud and an agent as users run them, the service exposed: each connection decided by policy and written into the audit log. */
const startProduct = async (
  servicePort: number,
): Promise<{ readonly way: Way; stop(): Promise<void> }> => {
  const cloud = await startCloud();
  const agent = await startAgent(cloud, "bench-board");
  await cloud.call("POST", "/api/services", { name: "bench", port: servicePort });
  const { publicPort } = await cloud.call<{ publicPort: number }>(
    "PUT",
    `/api/boards/${agent.uuid}/services/bench`,
    {},
  );
  const cpuSeconds = () => cloud.program.cpuSeconds() + agent.program.cpuSeconds();
  return {
    way: {
      ...{ name: "product", port: publicPort, cpuSeconds, settleMs: PRODUCT_SETTLE_MS },
      ends: { cloud: cloud.program.cpuSeconds, agent: agent.program.cpuSeconds },
    },
    async stop() {
      await agent.stop();
      await cloud.stop();
    },
  };
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("tunnel", print);
  const programs: RunningProgram[] = [];
  const begin = async (...args: Parameters<typeof start>): Promise<RunningProgram> => {
    const program = await start(...args);
    programs.push(program);
    return program;
  };
  let ssh: SshPeer | undefined;
  let product: Awaited<ReturnType<typeof startProduct>> | undefined;
  try {
    const [servicePort = 0] = portsOf(await begin("tunnel-service", [], /port \d+/));
    const pipe = await begin("tcp-pipe", [servicePort], /port \d+/);
    const cloud = await begin("tunnel-cloud", [], /ports .*\n/);
    const [plainDial, plain = 0, secureDial, secure = 0] = portsOf(cloud);
    const urls = [`http://127.0.0.1:${plainDial}`, `https://127.0.0.1:${secureDial}`];
    const board = await begin("tunnel-board", [servicePort, ...urls], /dialled/);
    ssh = await startSsh(servicePort);
    const cpuSeconds = () => cloud.cpuSeconds() + board.cpuSeconds();
    const tunnel = { name: "tunnel", port: plain, cpuSeconds };
    const ways: Way[] = [
      { name: "direct", port: servicePort, cpuSeconds: () => 0 },
      { name: "pipe", port: portsOf(pipe)[0] ?? 0, cpuSeconds: pipe.cpuSeconds },
      tunnel,
      { name: "tunnel, TLS", port: secure, cpuSeconds },
    ];
    if (ssh)
      ways.push(
        { name: "ssh -R", port: ssh.ports.default, cpuSeconds: ssh.cpuSeconds },
        { name: "ssh -R, aes128-gcm", port: ssh.ports.aes128, cpuSeconds: ssh.cpuSeconds },
      );
    else console.error("No OpenSSH (it is started as root, to run as daemon): left out.");
    await measureIdle(tunnel, { cloud, board }, figure);
    await measureBulk(ways, figure);
    product = await startProduct(servicePort);
    await measureConnections([...ways, product.way], figure);
    await measureEchoes([...ways, product.way], figure);
    await product.stop();
    product = undefined;
    await measureStalled(tunnel, figure);
    await measureFar(servicePort, figure);
  } finally {
    await product?.stop();
    ssh?.stop();
    for (const program of programs.reverse()) await program.stop();
  }
};

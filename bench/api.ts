// Authenticated reads: a bearer token looked up, the policy asked, the projects narrowed, a row read and shown. Beside them a
// Fastify handler that answers the same object and does nothing else. And the policy's decision alone.
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { type Actor, scopeFor, systemActor } from "../apps/iotronic/src/policy/index.ts";
import { root } from "../scripts/repository.ts";
import { type BenchCloud, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { CLIENTS, type Load, runLoad } from "./harness/load.ts";
import { startProgram } from "./harness/program.ts";
import { interleave, median, ROUNDS } from "./harness/rounds.ts";

/** Decisions of one round. */
const DECISIONS = 2_000_000;

const of = (loads: readonly Load[], member: keyof Load) =>
  median(loads.map((load) => load[member]));

const measureReads = async (
  cloud: BenchCloud,
  figure: ReturnType<typeof figuresOf>,
): Promise<void> => {
  const { board } = await cloud.call<{ board: { uuid: string } }>("POST", "/api/boards", {
    name: "bench-board",
  });
  const shown = await cloud.call("GET", `/api/boards/${board.uuid}`);
  const bare = await startProgram({
    file: join(root, "bench/peers/bare-fastify.ts"),
    args: [JSON.stringify(shown)],
    ready: /^http.*\n/m,
  });
  const { token } = cloud;
  const read = (path: string, seconds?: number) =>
    runLoad({
      url: cloud.url + path,
      token,
      server: cloud.program,
      ...(seconds ? { seconds } : {}),
    });
  const contenders = {
    "a board": () => read(`/api/boards/${board.uuid}`),
    "who am I": () => read("/api/session"),
    bare: () => runLoad({ url: bare.greeting.trim(), server: bare }),
  };
  try {
    for (const warm of Object.values(contenders)) await warm();
    const loads = await interleave(contenders);
    for (const name of ["a board", "who am I"] as const)
      for (const [metric, member, unit] of [
        ["reads per second", "perSecond", "1/s"],
        ["reads per CPU second", "perCpuSecond", "1/s"],
        ["CPU of a read", "cpuMicroseconds", "µs CPU"],
      ] as const)
        figure({
          case: name,
          metric,
          value: of(loads[name], member),
          unit,
          peer: { name: "bare Fastify handler", value: of(loads.bare, member) },
        });
  } finally {
    await bare.stop();
  }
};

/** Boards changed in turn, each answered once it is durable: checked, written, audited and noted for events. */
const measureWrites = async (
  cloud: BenchCloud,
  figure: ReturnType<typeof figuresOf>,
): Promise<void> => {
  const boards: string[] = [];
  for (let n = 0; n < CLIENTS; n += 1) {
    const { board } = await cloud.call<{ board: { uuid: string } }>("POST", "/api/boards", {
      name: `bench-board-${n}`,
    });
    boards.push(board.uuid);
  }
  let count = 0;
  const next = () => {
    count += 1;
    return {
      path: `/api/boards/${boards[count % CLIENTS]}`,
      body: { description: `changed ${count} times` },
    };
  };
  const { url, token, program: server } = cloud;
  const write = () => runLoad({ url, method: "PATCH", token, next, server });
  await write();
  const loads = (await interleave({ write })).write;
  for (const [metric, member, unit] of [
    ["durable requests per second", "perSecond", "1/s"],
    ["CPU of a request", "cpuMicroseconds", "µs CPU"],
  ] as const)
    figure({
      case: "a board changed, through REST",
      metric,
      value: of(loads, member),
      unit,
    });
};

const measurePolicy = (figure: ReturnType<typeof figuresOf>): void => {
  const project = (n: number) =>
    `0192f0a0-0000-7000-8000-${String(n).padStart(12, "0")}` as ProjectId;
  const actor: Actor = {
    ...systemActor,
    admin: false,
    roles: new Map(Array.from({ length: 20 }, (_, n) => [project(n), "user"] as const)),
  };
  const wanted = Array.from({ length: 20 }, (_, n) => project(n));
  const microseconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    let seen = 0;
    const startedMs = performance.now();
    for (let i = 0; i < DECISIONS; i += 1)
      seen += scopeFor(actor, "board.show", wanted[i % wanted.length]).projects.length;
    if (seen !== DECISIONS) throw new TypeError("the policy decided otherwise");
    // The first round lets the compiler settle.
    if (round > 0) microseconds.push(((performance.now() - startedMs) * 1_000) / DECISIONS);
  }
  figure({ case: "policy", metric: "decision", value: median(microseconds), unit: "µs" });
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("api", print);
  measurePolicy(figure);
  const cloud = await startCloud();
  try {
    await measureReads(cloud, figure);
    await measureWrites(cloud, figure);
  } finally {
    await cloud.stop();
  }
};

// The link with a whole fleet on it: what an idle board costs the cloud in memory, and what becomes of it all when every board drops
// at once. `S4T_BENCH_BOARDS` says how many boards, `S4T_BENCH_LINK` (`plain`, `TLS`) which of the two alone. They are simulated in a
// process of their own on the same machine: times of coming back are of both together, memory and CPU of the cloud alone.
import { type BenchCloud, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { createTimedClient } from "./harness/latency.ts";
import { quantile } from "./harness/rounds.ts";
import { playFleet, registerFleet } from "./link/fleet.ts";
import { type Looked, startLooks } from "./link/looks.ts";

/** Boards unless said: the promise is about so many on one node. */
const BOARDS = 10_000;
/** How long memory settles before it is read: garbage of the joins is gone, first reports are in. */
const REST_MS = 20_000;
/** Between two looks at memory while boards come back. */
const LOOK_MS = 200;
/** Longest that boards may take for anything: some, and so much for each. */
const patienceMs = (boards: number): number => 60_000 + boards * 20;

/** Boards whose target changes while all are away. */
const CHANGED_BOARDS = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (isSo: () => boolean, what: string, withinMs: number): Promise<void> => {
  const endMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new TypeError(`${what}: not within ${withinMs} ms`);
    await pause(LOOK_MS);
  }
};

interface Shown {
  readonly items: readonly {
    readonly target: { readonly wanted: number; readonly reached: number };
  }[];
  readonly next: string | null;
}

/** How long somebody looks at a cloud whose boards are at rest. */
const LOOKING_MS = 10_000;

const lookFigures = (
  { listMs, portalMs, commandMs }: Looked,
  figure: (measured: { metric: string; value: number; unit: string }) => void,
): void => {
  for (const [what, tookMs] of [
    ["a page of the list", listMs],
    ["what the portal asks for first", portalMs],
  ] as const)
    for (const [name, part] of [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const)
      figure({ metric: `${what}, ${name}`, value: quantile(tookMs, part), unit: "ms" });
  figure({ metric: "./s4t board list, longest", value: Math.max(...commandMs), unit: "ms" });
};

/** Boards that are not where their target wants them. */
const countBehind = async (cloud: BenchCloud): Promise<number> => {
  let behind = 0;
  for (let after: string | null = ""; after !== null; ) {
    const page: Shown = await cloud.call<Shown>(
      "GET",
      `/api/boards?limit=1000${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`,
    );
    behind += page.items.filter(({ target }) => target.reached !== target.wanted).length;
    after = page.next;
  }
  return behind;
};

const measure = async (print: Print, boards: number, kind: "plain" | "TLS"): Promise<void> => {
  const figure = figuresOf("link", print);
  // The authority of the cloud's own vouches for an address that boards reach over TLS.
  const cloud = await startCloud({ args: kind === "TLS" ? ["--listen", "127.0.0.2"] : [] });
  const client = createTimedClient();
  const { program } = cloud;
  try {
    const registered = await registerFleet(cloud, boards);
    await pause(REST_MS / 2);
    const emptyMiB = program.residentMiB();
    const fleet = playFleet(registered);
    try {
      const patience = patienceMs(boards);
      const joined = () => fleet.progress()?.firstJoin.count ?? 0;
      await until(() => joined() >= boards, "all boards enrolled and joined", patience);
      await pause(REST_MS);
      const name = `${boards} boards, ${kind}`;
      const idle = { case: `${name}, idle` };
      const idleMiB = program.residentMiB();
      const kibEach = ((idleMiB - emptyMiB) * 1_024) / boards;
      figure({ ...idle, metric: "memory of the cloud", value: idleMiB, unit: "MiB" });
      figure({
        ...{ ...idle, metric: "memory a board", value: kibEach, unit: "KiB" },
        lessIsBetter: true,
      });
      const restCpu = program.cpuSeconds();
      await pause(REST_MS);
      figure({
        ...{ ...idle, metric: "CPU of the cloud", unit: "% of a core", lessIsBetter: true },
        value: ((program.cpuSeconds() - restCpu) / (REST_MS / 1_000)) * 100,
      });

      const atRest = startLooks(cloud);
      await pause(LOOKING_MS);
      lookFigures(await atRest.stop(), (measured) => figure({ ...idle, ...measured }));

      let isOver = false;
      let highestMiB = 0;
      let unanswered = 0;
      const tookMs: number[] = [];
      const watch = async (): Promise<void> => {
        for (; !isOver; await pause(LOOK_MS))
          highestMiB = Math.max(highestMiB, program.residentMiB());
      };
      const call = async (): Promise<void> => {
        for (let i = 0; !isOver; i += 1) {
          const uuid = registered.plan.boards[(i * 7_919) % boards]?.uuid;
          try {
            tookMs.push(
              await client.ask({
                method: "POST",
                url: `${cloud.url}/api/boards/${uuid}/ping`,
                token: cloud.token,
                body: {},
              }),
            );
          } catch {
            unanswered += 1; // it is not back yet
          }
          await pause(10);
        }
      };
      const cpuBefore = program.cpuSeconds();
      const began = performance.now();
      fleet.drop(boards, "cut");
      const change = async (): Promise<void> => {
        for (let i = 0; i < CHANGED_BOARDS; i += 1) {
          const uuid = registered.plan.boards[Math.floor((i * boards) / CHANGED_BOARDS)]?.uuid;
          await cloud.call("PATCH", `/api/boards/${uuid}/settings`, {
            sensors: { storeEveryS: 90 },
          });
        }
      };
      const looks = startLooks(cloud);
      const beside = Promise.all([watch(), call(), change()]);
      const back = () => fleet.progress()?.back.cut.count ?? 0;
      await until(() => back() >= boards, "all boards back", patience);
      const allMs = performance.now() - began;
      isOver = true;
      await beside;
      const looked = await looks.stop();
      const storm = { case: `${name}, all dropped at once` };
      const times = fleet.progress()?.back.cut;
      figure({ ...storm, metric: "99 % back", value: times?.p99 ?? Number.NaN, unit: "ms" });
      figure({ ...storm, metric: "all back, seen within a second", value: allMs, unit: "ms" });
      figure({ ...storm, metric: "highest memory of the cloud", value: highestMiB, unit: "MiB" });
      figure({
        ...{ ...storm, metric: "CPU of the cloud a board", unit: "ms" },
        value: ((program.cpuSeconds() - cpuBefore) * 1_000) / boards,
      });
      figure({
        ...{ ...storm, metric: "calls to boards already back, p99", unit: "ms" },
        value: quantile(tookMs, 0.99),
      });
      lookFigures(looked, (measured) => figure({ ...storm, ...measured }));
      figure({
        ...{ ...storm, metric: "calls, answered", unit: "calls", lessIsBetter: false },
        value: tookMs.length,
      });
      figure({
        ...{ ...storm, metric: "calls to boards that were away", unit: "calls" },
        ...{ value: unanswered, lessIsBetter: true },
      });
      await pause(REST_MS / 2);
      const { byStatus } = await cloud.call<{ byStatus: Record<string, number> }>(
        "GET",
        "/api/boards/counts",
      );
      figure({ ...storm, metric: "online after", value: byStatus.online ?? 0, unit: "boards" });
      figure({
        ...{ ...storm, metric: "boards behind their target after", unit: "boards" },
        ...{ value: await countBehind(cloud), lessIsBetter: true },
      });
    } finally {
      await fleet.stop();
    }
  } finally {
    client.close();
    await cloud.stop();
  }
};

export const run = async (print: Print): Promise<void> => {
  const boards = Number(process.env.S4T_BENCH_BOARDS ?? BOARDS);
  const { S4T_BENCH_LINK: kind } = process.env;
  if (kind !== "TLS") await measure(print, boards, "plain");
  if (kind !== "plain") await measure(print, boards, "TLS");
};

// Kills an agent at random moments while its target changes without a pause, and looks at what is left on its disk.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import { registerBoard, startAgent } from "./agent.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** Longest life of an agent after its join: some fifty targets. */
const longestLifeMs = 500;

export interface AgentKillReport {
  /** Targets that were seen whole on disk, by revision: more than one, or nothing was ever under way. */
  readonly revisions: ReadonlySet<number>;
  readonly faults: readonly string[];
}

interface StoredTarget {
  readonly revision: number;
  readonly sections: Readonly<
    Record<string, { hash: string; entries: { key: string; hash: string; value: unknown }[] }>
  >;
}

/** Every section and entry is what its hash says: wholly old or wholly new. */
const faultsOf = (folder: string, revisions: Set<number>): string[] => {
  const faults: string[] = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".json"))) {
    const text = readFileSync(join(folder, name), "utf8");
    try {
      JSON.parse(text);
    } catch {
      faults.push(`${name} cannot be read: ${JSON.stringify(text.slice(0, 100))}`);
    }
  }
  if (faults.length > 0 || !readdirSync(folder).includes("target.json")) return faults;
  const target = JSON.parse(readFileSync(join(folder, "target.json"), "utf8")) as StoredTarget;
  revisions.add(target.revision);
  for (const [name, { hash, entries }] of Object.entries(target.sections)) {
    if (hashOf(entries.map((each) => [each.key, each.hash])) !== hash)
      faults.push(`section ${name} of revision ${target.revision} is mixed`);
    for (const entry of entries)
      if (hashOf(entry.value) !== entry.hash) faults.push(`entry ${name}/${entry.key} is mixed`);
  }
  return faults;
};

const changeWithoutPause = async (
  cloud: RunningCloud,
  uuid: string,
  random: () => number,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    const { status, text } = await cloud.call("PATCH", `/api/boards/${uuid}/settings`, {
      sensors: { storeEveryS: 5 + Math.floor(random() * 1_000) },
      log: { level: random() < 0.5 ? "debug" : "info" },
    });
    if (status !== 200) throw new Error(text);
  }
};

/** Kills `rounds` agents of one board, one after another; at the end a last one must reach what is wanted. */
export const killAgents = async (rounds: number, seed: number): Promise<AgentKillReport> => {
  const random = seeded(seed);
  const folder = temporaryFolder();
  const cloud = await startCloud(join(folder.path, "cloud"));
  const data = join(folder.path, "agent");
  const revisions = new Set<number>();
  const faults: string[] = [];
  try {
    await cloud.signIn();
    const { uuid, enrolment } = await registerBoard(cloud, "doomed");
    const first = startAgent(data, ["--enrol", enrolment]);
    const show = async () => (await cloud.call("GET", `/api/boards/${uuid}`)).body;
    await until(show, ({ status }) => status === "online", 10_000);
    await first.kill("SIGKILL");
    for (let round = 0; round < rounds; round += 1) {
      const stop = new AbortController();
      const changing = changeWithoutPause(cloud, uuid, random, stop.signal);
      const agent = startAgent(data);
      await until(agent.said, (text) => text.includes("Joined"), 10_000);
      await new Promise((resolve) => setTimeout(resolve, random() * longestLifeMs));
      await agent.kill("SIGKILL");
      stop.abort();
      await changing;
      faults.push(...faultsOf(data, revisions).map((fault) => `round ${round}: ${fault}`));
    }
    const last = startAgent(data);
    const { target } = await until(
      show,
      (board) => board.status === "online" && board.target.reached === board.target.wanted,
      15_000,
    );
    if (target.failed > 0) faults.push("the last agent could not apply its target");
    const left = readdirSync(data).filter((name) => name.endsWith(".new"));
    if (left.length > 0) faults.push(`half-written files stay for ever: ${left.join(" ")}`);
    await last.kill("SIGTERM");
    return { revisions, faults };
  } finally {
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};

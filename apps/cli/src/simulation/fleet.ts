// Boards for a simulation, made through the API as anybody makes boards: registered, enrolled, each given as many entries in its
// target as asked for. What was made is taken back in the end, unless it is to stay.
import { type Clock, isS4tError, sleep } from "@s4t/kit";
import { type Client, createPlugin, packPlugin, paginate, type SimulationPlan } from "@s4t/sdk";

/** Label of a simulated board; its value is the seed of its simulation. */
export const SIMULATION_LABEL = "simulation";
/** Requests at once while boards are made: writers of one commit, on connections that a cloud does not mind. */
export const REQUESTS_AT_ONCE = 50;
/** A plugin whose boards have just been retired may be removed a moment later; tried so often, a second apart. */
const removalTries = 5;

export interface FleetOptions {
  readonly boards: number;
  readonly seed: number;
  /** Entries in the target of each board; what the cloud itself puts there counts. */
  readonly entries: number;
  /** Hears how far it is. */
  readonly onStep: (what: string, done: number, of: number) => void;
}

export interface Fleet {
  readonly boards: SimulationPlan["boards"];
  readonly enrolments: Readonly<Record<string, string>>;
}

interface Known {
  readonly uuid: string;
  readonly name: string;
}

const forEach = async <Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<unknown>,
  onDone: (done: number) => void,
): Promise<void> => {
  let next = 0;
  let done = 0;
  const take = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(items[index] as Item, index);
      done += 1;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, take));
};

const nameOf = (seed: number, index: number): string => `simulated-${seed}-${index + 1}`;

/** Those that an earlier simulation of this seed left, by name. */
const findLeft = async (client: Client, seed: number): Promise<Map<string, Known>> => {
  const found = new Map<string, Known>();
  const query = { label: `${SIMULATION_LABEL}=${seed}`, limit: 200 };
  for await (const { uuid, name } of paginate(client.boards.list, { query }))
    found.set(name, { uuid, name });
  return found;
};

/** Fills the targets of boards that have joined once: others have no key that anything is good for. */
export const fillTargets = async (
  client: Client,
  boards: readonly Known[],
  { entries, seed, onStep }: FleetOptions,
): Promise<void> => {
  const [first] = boards;
  if (!first) return;
  const there = await client.boards.target({ params: { uuid: first.uuid } });
  const names = Array.from({ length: Math.max(0, entries - there.entries.length) }, (_, i) =>
    nameOf(seed, i),
  );
  const bytes = new TextEncoder().encode("export default (parameters) => parameters;\n");
  for (const name of names)
    await createPlugin(
      client,
      await packPlugin([{ path: "echo.mjs", bytes }], {
        ...{ name, runtime: "node", mode: "sync", entry: "echo.mjs" },
      }),
    );
  await forEach(
    boards,
    async ({ uuid }) => {
      for (const plugin of names)
        await client.injections.inject({ params: { uuid, plugin }, body: {} });
    },
    (done) => onStep("targets filled", done, boards.length),
  );
};

/** Makes what is missing of a fleet, and enrolments for all of it. */
export const prepareFleet = async (client: Client, options: FleetOptions): Promise<Fleet> => {
  const { seed, boards: count, onStep } = options;
  const left = await findLeft(client, seed);
  const boards: SimulationPlan["boards"] = [];
  const enrolments: Record<string, string> = {};
  await forEach(
    Array.from({ length: count }, (_, index) => nameOf(seed, index)),
    async (name, index) => {
      const known = left.get(name);
      const made = known
        ? {
            board: known,
            enrolment: await client.boards.rearm({ params: { uuid: known.uuid }, body: {} }),
          }
        : await client.boards.create({
            body: { name, labels: { [SIMULATION_LABEL]: String(seed) } },
          });
      const { uuid } = made.board;
      boards.push({ uuid, name, seed: (seed * 1_000_003 + index) >>> 0 });
      enrolments[uuid] = made.enrolment.enrolment;
    },
    (done) => onStep("boards registered", done, count),
  );
  return { boards, enrolments };
};

const removePlugin = async (client: Client, uuid: string, clock: Clock): Promise<void> => {
  for (let tries = 1; ; tries += 1)
    try {
      await client.plugins.remove({ params: { uuid } });
      return;
    } catch (error) {
      if (isS4tError(error, "plugin.not-found")) return;
      if (!isS4tError(error, "plugin.in-use") || tries >= removalTries) throw error;
      await sleep(clock, 1_000);
    }
};

/** Retires every board of a simulation, and removes its plugins. */
export const retireFleet = async (
  client: Client,
  { seed, onStep }: Pick<FleetOptions, "seed" | "onStep">,
  clock: Clock,
): Promise<void> => {
  const boards = [...(await findLeft(client, seed)).values()];
  await forEach(
    boards,
    ({ uuid }) => client.boards.retire({ params: { uuid }, body: {} }),
    (done) => onStep("boards retired", done, boards.length),
  );
  const plugins = paginate(client.plugins.list, {
    query: { text: `simulated-${seed}-`, limit: 200 },
  });
  for await (const { uuid, name } of plugins)
    if (name.startsWith(`simulated-${seed}-`)) await removePlugin(client, uuid, clock);
};

// Boards for a simulation, made through the API as anybody makes boards: registered, enrolled, each given as many entries in its
// target as asked for. What was made is taken back in the end, unless it is to stay. Each run has a name of its own, and touches
// nothing but what bears it: several people may play on one cloud, with the same seed.
import { type Clock, isS4tError, sleep } from "@s4t/kit";
import {
  type Board,
  type Client,
  createPlugin,
  fail,
  packPlugin,
  paginate,
  type SimulationPlan,
} from "@s4t/sdk";

/** Label of a simulated board; its value is the run that it belongs to. */
export const SIMULATION_LABEL = "simulation";
/** Requests at once while boards are made: writers of one commit, on connections that a cloud does not mind. */
export const REQUESTS_AT_ONCE = 50;
/** A plugin whose boards have just been retired may be removed a moment later; tried so often, a second apart. */
const removalTries = 5;

export interface FleetOptions {
  readonly boards: number;
  readonly seed: number;
  /** Name of the run: lower-case letters and digits, so that no run's names begin with another's. */
  readonly run: string;
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

const nameOf = (run: string, index: number): string => `simulated-${run}-${index + 1}`;

const isOfRun = (name: string, run: string): boolean =>
  new RegExp(`^simulated-${run}-\\d+$`).test(name);

/** Boards of a run, by name. A label and a name anybody may give: a board that has joined and is a real one is nobody's to play. */
const findLeft = async (client: Client, run: string): Promise<Map<string, Board>> => {
  const found = new Map<string, Board>();
  const query = { label: `${SIMULATION_LABEL}=${run}`, limit: 200 };
  for await (const board of paginate(client.boards.list, { query }))
    if (isOfRun(board.name, run) && (board.simulated || board.fingerprint === null))
      found.set(board.name, board);
  return found;
};

/** Throws `request.invalid` where somebody plays this run at the moment: its boards would get new keys under him. */
export const checkRunIsFree = async (client: Client, run: string): Promise<void> => {
  for (const { name, connectivity } of (await findLeft(client, run)).values())
    if (connectivity.connected)
      throw fail("request.invalid", {
        where: "--run",
        because: `${run} is played at the moment (${name} is connected); choose another name`,
      });
};

/** Fills the targets of boards that have joined once: others have no key that anything is good for. */
export const fillTargets = async (
  client: Client,
  boards: readonly Known[],
  { entries, run, onStep }: Pick<FleetOptions, "entries" | "run" | "onStep">,
): Promise<void> => {
  const [first] = boards;
  if (!first) return;
  const there = await client.boards.target({ params: { uuid: first.uuid } });
  const names = Array.from({ length: Math.max(0, entries - there.entries.length) }, (_, i) =>
    nameOf(run, i),
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
  const { seed, run, boards: count, onStep } = options;
  const left = await findLeft(client, run);
  // In the order of their names, whichever is answered first: who drops is chosen by place.
  const boards: SimulationPlan["boards"] = [];
  const enrolments: Record<string, string> = {};
  await forEach(
    Array.from({ length: count }, (_, index) => nameOf(run, index)),
    async (name, index) => {
      const known = left.get(name);
      const made = known
        ? {
            board: known,
            enrolment: await client.boards.rearm({ params: { uuid: known.uuid }, body: {} }),
          }
        : await client.boards.create({
            body: { name, labels: { [SIMULATION_LABEL]: run } },
          });
      const { uuid } = made.board;
      boards[index] = { uuid, name, seed: (seed * 1_000_003 + index) >>> 0 };
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

/** Retires every board of a run, and removes its plugins. */
export const retireFleet = async (
  client: Client,
  { run, onStep }: Pick<FleetOptions, "run" | "onStep">,
  clock: Clock,
): Promise<void> => {
  const boards = [...(await findLeft(client, run)).values()];
  await forEach(
    boards,
    ({ uuid }) => client.boards.retire({ params: { uuid }, body: {} }),
    (done) => onStep("boards retired", done, boards.length),
  );
  const plugins = paginate(client.plugins.list, {
    query: { text: `simulated-${run}-`, limit: 200 },
  });
  for await (const { uuid, name } of plugins)
    if (isOfRun(name, run)) await removePlugin(client, uuid, clock);
};

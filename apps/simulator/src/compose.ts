// Boards that do not exist: each is the agent's own code on a simulated machine, with its own key, link and buffer. They share a
// process, nothing else.
import type { SimulationEnrolments, SimulationPlan } from "@s4t/contract";
import { type Clock, isS4tError, type Log, seeded, sleep } from "@s4t/kit";
import { composeAgent, createSimulated } from "@s4t/lightning-rod/compose";
import type { Identities } from "./identities.ts";

/** Between the first joins of two boards: a cloud on a small machine takes 200 a second without a stall. */
export const JOIN_EVERY_MS = 5;
/** How long a simulated machine takes to boot, at least. */
export const BOOT_MIN_MS = 3_000;
/** How long a simulated machine takes to boot, at most. */
export const BOOT_MAX_MS = 10_000;

export interface SimulationDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly identities: Identities;
}

type Board = SimulationPlan["boards"][number];

/** Lives until the signal: one machine, booted as often as it is asked to. */
const playBoard = async (
  board: Board,
  { url, enrolment }: { readonly url: string; readonly enrolment: string | null },
  { clock, log, identities }: SimulationDependencies,
  signal: AbortSignal,
): Promise<void> => {
  const storage = identities.storageOf(board.uuid);
  let enrol = enrolment;
  for (let boot = 0; !signal.aborted; boot += 1) {
    // The same machine at each boot, another course of its values.
    const machine = seeded(board.seed);
    const boots = { bootId: `simulated-${board.seed}-${boot}`, drift: seeded(board.seed + boot) };
    let rebooting = false;
    let life = new AbortController();
    const platform = createSimulated({
      name: board.name,
      clock,
      random: machine,
      ...boots,
      onReboot: () => {
        rebooting = true;
        life.abort();
      },
    });
    while (!signal.aborted && !rebooting) {
      life = new AbortController();
      const agent = composeAgent(
        { enrolment: enrol, url, rebootCommand: ["simulated"], simulated: true },
        {
          platform,
          clock,
          log: log.with({ board: board.name }),
          random: boots.drift,
          storage,
          restart: () => life.abort(),
          setLogLevel: () => {},
          plugins: null,
          access: null,
        },
      );
      await agent.run(AbortSignal.any([signal, life.signal]));
      enrol = null;
    }
    if (rebooting)
      await sleep(clock, BOOT_MIN_MS + boots.drift() * (BOOT_MAX_MS - BOOT_MIN_MS), signal).catch(
        () => {},
      );
  }
};

/** Plays all boards of a plan until the signal. One that is refused for good (retired, say) ends alone. */
export const playBoards = async (
  { url, boards }: SimulationPlan,
  { enrolments }: SimulationEnrolments,
  deps: SimulationDependencies,
  signal: AbortSignal,
): Promise<void> => {
  await Promise.all(
    boards.map(async (board, i) => {
      try {
        await sleep(deps.clock, i * JOIN_EVERY_MS, signal);
        await playBoard(board, { url, enrolment: enrolments[board.uuid] ?? null }, deps, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isS4tError(error)) throw error;
        deps.log.warn("A simulated board ended", { board: board.name, because: error.message });
      }
    }),
  );
};

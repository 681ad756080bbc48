// Boards that do not exist, many of them: each has its own key, link and buffer. They share a process, a clock and a network,
// nothing else.
import {
  isRetryable,
  type SimulationEnrolments,
  type SimulationOrder,
  type SimulationPlan,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, seeded, sleep } from "@s4t/kit";
import { createBoard } from "./board.ts";
import { churn, drawDrops } from "./churn.ts";
import type { Identities } from "./identities.ts";
import type { Meter } from "./meter.ts";
import type { Network } from "./network.ts";

/** Between the first joins of two boards: a cloud on a small machine takes 200 a second without a stall. */
export const JOIN_EVERY_MS = 5;
/** Pause before a board that could not enrol, because the cloud was not there for it, tries again; up to twice that. */
export const ENROL_RETRY_MS = 2_000;

export interface SimulationDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly identities: Identities;
  readonly network: Network;
  readonly meter: Meter;
}

export interface Simulation {
  /** Plays all boards until the signal. One that is refused for good (retired, say) ends alone. */
  play(enrolments: SimulationEnrolments["enrolments"], signal: AbortSignal): Promise<void>;
  order(order: SimulationOrder): void;
}

/** Makes the boards of a plan. */
export const createSimulation = (
  plan: SimulationPlan,
  { clock, log, identities, network, meter }: SimulationDependencies,
): Simulation => {
  const boards = plan.boards.map((planned) => {
    const own = meter.ofBoard();
    const storage = identities.storageOf(planned.uuid);
    return {
      planned,
      meter: own,
      board: createBoard(planned, { clock, log, storage, network, meter: own }),
    };
  });

  const playOne = async (
    { planned, meter, board }: (typeof boards)[number],
    delayMs: number,
    enrolment: string | null,
    signal: AbortSignal,
  ): Promise<void> => {
    const chance = seeded(planned.seed);
    for (let pauseMs = delayMs; ; pauseMs = ENROL_RETRY_MS * (1 + chance()))
      try {
        await sleep(clock, pauseMs, signal);
        await board.run({ url: plan.url, enrolment }, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!isS4tError(error)) throw error;
        if (isRetryable(error)) continue;
        meter.ended();
        log.warn("A simulated board ended", { board: planned.name, because: error.message });
        return;
      }
  };

  return {
    async play(enrolments, signal) {
      const playing = boards.map((one, i) =>
        playOne(one, i * JOIN_EVERY_MS, enrolments[one.planned.uuid] ?? null, signal),
      );
      const { perSecond = 0, seed = 0 } = plan.churn ?? {};
      if (perSecond > 0 && boards.length > 0)
        churn(
          drawDrops(seeded(seed), boards.length, perSecond),
          clock,
          ({ board, kind, outageMs }) => boards[board]?.board.drop(kind, outageMs),
          signal,
        ).catch(() => {}); // it ends with the signal
      await Promise.all(playing);
    },
    order({ drop, kind }) {
      for (const { board } of boards.slice(0, drop)) board.drop(kind, 0);
    },
  };
};

// Boards that do not exist, many of them: each has its own key, link and buffer. They share a process, a clock and a network,
// nothing else.
import {
  isRetryable,
  type SimulationEnrolments,
  type SimulationOrder,
  type SimulationPlan,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, seeded, sleep, untilAborted } from "@s4t/kit";
import { createBoard } from "./board.ts";
import { churn, drawDrops } from "./churn.ts";
import type { Identities } from "./identities.ts";
import type { Meter } from "./meter.ts";
import type { Network } from "./network.ts";

/** Between the first joins of two boards: a cloud on a small machine takes 200 a second without a stall. */
export const JOIN_EVERY_MS = 5;
/**
 * Most boards on their way to their first join: it takes three connections, and over TLS a small machine makes fewer than come. Those
 * that wait for longer than their patience would come again, and none would be through.
 */
export const MAX_FIRST_JOINS = 100;
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

/** So many at once, the others in the order of their coming. */
interface Gate {
  enter(signal: AbortSignal): Promise<void>;
  leave(): void;
}

const createGate = (most: number): Gate => {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    async enter(signal) {
      if (inside < most) inside += 1;
      else await untilAborted(new Promise<void>((resolve) => waiting.push(resolve)), signal);
    },
    leave() {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    },
  };
};

/** Makes the boards of a plan. */
export const createSimulation = (
  plan: SimulationPlan,
  { clock, log, identities, network, meter }: SimulationDependencies,
): Simulation => {
  const gate = createGate(MAX_FIRST_JOINS);
  const boards = plan.boards.map((planned) => {
    const own = meter.ofBoard();
    const storage = identities.storageOf(planned.uuid);
    let isComing = false;
    const came = (): void => {
      if (isComing) gate.leave();
      isComing = false;
    };
    const counted = {
      ...own,
      joined() {
        own.joined();
        came();
      },
    };
    return {
      planned,
      meter: own,
      board: createBoard(planned, { clock, log, storage, network, meter: counted }),
      async comes(signal: AbortSignal) {
        await gate.enter(signal);
        isComing = true;
      },
      came,
    };
  });

  const playOne = async (
    { planned, meter, board, comes, came }: (typeof boards)[number],
    delayMs: number,
    enrolment: string | null,
    signal: AbortSignal,
  ): Promise<void> => {
    const chance = seeded(planned.seed);
    for (let pauseMs = delayMs; ; pauseMs = ENROL_RETRY_MS * (1 + chance()))
      try {
        await sleep(clock, pauseMs, signal);
        await comes(signal);
        await board.run({ url: plan.url, enrolment }, signal);
        return;
      } catch (error) {
        came();
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

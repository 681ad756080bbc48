// One board that does not exist: the agent's own code on a simulated machine, started again when it ends, with a line to the cloud
// that can be taken from it.
import type { DropKind, SimulationPlan } from "@s4t/contract";
import { type Clock, type Log, seeded, sleep } from "@s4t/kit";
import {
  composeAgent,
  createSimulated,
  createSimulatedPlugins,
  type Storage,
} from "@s4t/lightning-rod/compose";
import type { BoardMeter } from "./meter.ts";
import { createPlace, type Network } from "./network.ts";

/** How long a simulated machine takes to boot, at least. */
export const BOOT_MIN_MS = 3_000;
/** How long a simulated machine takes to boot, at most. */
export const BOOT_MAX_MS = 10_000;

export interface BoardDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly network: Network;
  readonly meter: BoardMeter;
}

export interface SimulatedBoard {
  /** Lives until the signal: one machine, booted as often as it is asked to. Throws what no further try changes. */
  run(
    where: { readonly url: string; readonly enrolment: string | null },
    signal: AbortSignal,
  ): Promise<void>;
  /** Takes its line away; one that has none stays as it is. After `outageMs` it may be back. */
  drop(kind: DropKind, outageMs: number): void;
}

/** Makes one. */
export const createBoard = (
  { name, seed }: Pick<SimulationPlan["boards"][number], "name" | "seed">,
  { clock, log, storage, network, meter }: BoardDependencies,
): SimulatedBoard => {
  /** It has a session: what only enrols is not disturbed. */
  let isHere = false;
  const place = createPlace(network, () => {
    isHere = false;
    meter.lost();
  });
  /** Ends the agent that runs now. */
  let endLife = (): void => {};

  const takeOut = (outageMs: number): void => {
    place.isOut = true;
    clock.after(outageMs, () => {
      place.isOut = false;
      meter.mayReturn();
    });
  };

  return {
    drop(kind, outageMs) {
      const { line } = place;
      if (!line || !isHere) return;
      isHere = false;
      meter.dropped(kind);
      // Of a silent line the board does not know: it is away from now on, until it looks for another.
      if (kind === "silent") {
        line.silence();
        meter.mayReturn();
        return;
      }
      takeOut(outageMs);
      if (kind === "cut") line.cut();
      else endLife();
    },
    async run({ url, enrolment }, signal) {
      let enrol = enrolment;
      for (let boot = 0; !signal.aborted; boot += 1) {
        // The same machine at each boot, another course of its values.
        const drift = seeded(seed + boot);
        let rebooting = false;
        const platform = createSimulated({
          ...{ name, clock, drift, random: seeded(seed) },
          bootId: `simulated-${seed}-${boot}`,
          onReboot: () => {
            rebooting = true;
            endLife();
          },
        });
        while (!signal.aborted && !rebooting) {
          const life = new AbortController();
          endLife = () => life.abort();
          const agent = composeAgent(
            { enrolment: enrol, url, rebootCommand: ["simulated"], simulated: true },
            {
              ...{ platform, clock, storage, random: drift, connect: place.connect },
              log: log.with({ board: name }),
              restart: endLife,
              setLogLevel: () => {},
              plugins: { ...createSimulatedPlugins(clock), atPoint: () => {} },
              access: null,
              onJoined: () => {
                isHere = true;
                meter.joined();
              },
            },
          );
          meter.starts();
          await agent.run(AbortSignal.any([signal, life.signal]));
          enrol = null;
        }
        if (rebooting)
          await sleep(clock, BOOT_MIN_MS + drift() * (BOOT_MAX_MS - BOOT_MIN_MS), signal).catch(
            () => {},
          );
      }
    },
  };
};

// Processes that are brought up before anybody calls: for each language one, of the plugin that was injected or called last and has
// none. It is that plugin's own process from its first moment (its user, its group, its folders, its limits), only earlier: nothing
// of it is ever handed to another plugin. It holds the interpreter and the host program; the plugin's code is read when it is called.
import type { PluginManifest } from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";
import type { PluginProcesses } from "../../../platform/plugin-processes.ts";

/** How long a spare process waits for a call: a plugin that nobody calls for longer costs the board nothing again. */
export const SPARE_MS = 3_600_000;
/** Pause before one is started: whoever injects several plugins, or starts an agent, is not kept waiting by it. */
export const SPARE_AFTER_MS = 1_000;

type Runtime = PluginManifest["runtime"];

/** A plugin's version that is open. */
export interface Seat {
  readonly runtime: Runtime;
  /** Starts a process that waits. Throws what keeps it from running here. */
  prepare(): void;
  /** Ends it, unless it was called. */
  release(): void;
}

export interface Spares {
  /** It has no process, and may be called next. */
  want(seat: Seat): void;
  /** It is being called: what was started for it is in use now. */
  taken(seat: Seat): void;
  /** It is closed, or its spare process ended by itself: none is started for it again. */
  forget(seat: Seat): void;
}

/** Makes the keeper of one board's spare processes. */
export const createSpares = ({
  processes,
  clock,
}: {
  readonly processes: Pick<PluginProcesses, "ready" | "hasRoom">;
  readonly clock: Clock;
}): Spares => {
  /** Who wants one, the latest last, and until when. */
  const wanting = new Map<Seat, Timer>();
  const kept = new Map<Runtime, Seat>();
  const soon = new Map<Runtime, Timer>();

  const settle = (runtime: Runtime): void => {
    soon.delete(runtime);
    const next = [...wanting.keys()].filter((seat) => seat.runtime === runtime).at(-1);
    const before = kept.get(runtime);
    if (next === before) return;
    kept.delete(runtime);
    before?.release();
    if (!next || !processes.hasRoom()) return;
    kept.set(runtime, next);
    try {
      next.prepare();
    } catch {
      forget(next); // the call says why
    }
  };
  const settleSoon = (runtime: Runtime): void => {
    if (!soon.has(runtime))
      soon.set(
        runtime,
        clock.after(SPARE_AFTER_MS, () => settle(runtime)),
      );
  };
  const leave = (seat: Seat): boolean => {
    wanting.get(seat)?.cancel();
    const wasKept = kept.get(seat.runtime) === seat;
    if (wasKept) kept.delete(seat.runtime);
    if (wanting.delete(seat) && wanting.size > 0) settleSoon(seat.runtime);
    return wasKept;
  };
  const forget = (seat: Seat): void => {
    if (leave(seat)) seat.release();
  };

  return {
    want(seat) {
      wanting.get(seat)?.cancel();
      wanting.delete(seat);
      wanting.set(
        seat,
        clock.after(SPARE_MS, () => forget(seat)),
      );
      // What holds a plugin is found out first.
      processes.ready().then(
        () => settleSoon(seat.runtime),
        () => {},
      );
    },
    taken: (seat) => void leave(seat),
    forget,
  };
};

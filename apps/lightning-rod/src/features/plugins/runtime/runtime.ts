// The runner of a real machine: instances over processes. Everything that touches the machine is behind `processes`.
import type { Clock } from "@s4t/kit";
import type { PluginProcesses } from "../../../platform/plugin-processes.ts";
import type { Runner } from "../runner.ts";
import { openInstance } from "./instance.ts";
import { createSpares } from "./spares.ts";
import type { BoardFacts } from "./worker.ts";

export interface RuntimeDependencies {
  readonly processes: PluginProcesses;
  readonly clock: Clock;
  /** Who the board is, for plugins to read. */
  readonly board: () => BoardFacts;
}

/** Makes it. */
export const createRuntime = ({ processes, clock, board }: RuntimeDependencies): Runner => {
  const spares = createSpares({ processes, clock });
  return {
    look: () => processes.look(),
    ready: () => processes.ready(),
    describe: () => processes.describe(),
    open: (plugin) => openInstance({ plugin, processes, clock, board, spares }),
  };
};

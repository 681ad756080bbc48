// Plugins on a machine that does not exist: the bytes of every version are on its disk, and a call answers at once with what it
// was given. What the agent decides about a version (who signed it, when it takes over) is the agent's own.
import { Bug, type Clock } from "@s4t/kit";
import type { Instance, OpenPlugin, Runner } from "../../features/plugins/runner.ts";
import type { PluginStore } from "../plugin-store.ts";

const folder = "/simulated";

const store: PluginStore = {
  has: () => true,
  hasBlob: () => true,
  folderOf: (version) => `${folder}/${version}`,
  stateFolderOf: (name) => `${folder}/state/${name}`,
  openPart: () => {
    throw new Bug("a simulated machine has every version");
  },
  unpack: async () => {},
  commit: () => {},
  sweep: () => {},
};

const openInstance = ({ onExit }: OpenPlugin, clock: Clock): Instance => {
  let isRunning = false;
  const stop = async (): Promise<void> => {
    if (!isRunning) return;
    isRunning = false;
    onExit({ reason: "stopped", code: null, signal: null, atMs: clock.now() });
  };
  return {
    call: async (parameters) => parameters,
    prepare: () => {},
    start: async () => {
      isRunning = true;
    },
    stop,
    close: stop,
    use: () => ({ pid: null, memoryBytes: null, cpuMs: null }),
  };
};

/** What a simulated machine has for plugins. */
export const createSimulatedPlugins = (
  clock: Clock,
): { readonly store: PluginStore; readonly runner: Runner } => ({
  store,
  runner: {
    look: async () => {},
    ready: async () => {},
    describe: () => ({
      node: "simulated",
      python: "simulated",
      isolation: {
        level: "none",
        ownUser: false,
        limits: "none",
        sandbox: false,
        nodePermissions: false,
        network: false,
      },
    }),
    open: (plugin) => openInstance(plugin, clock),
  },
});

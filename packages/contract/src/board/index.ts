// Everything that is said on the link, by feature.
import { board } from "./board.ts";
import { link } from "./link.ts";
import { original } from "./original.ts";
import { plugins } from "./plugins.ts";
import { sensors } from "./sensors.ts";
import { tunnel } from "./tunnel.ts";

/** Procedures that an agent may offer: feature → verb. A feature that an agent lacks is refused with `board.unsupported`. */
export const boardProcedures = { board, link, original, plugins, sensors, tunnel } as const;

export * from "./board.ts";
export * from "./link.ts";
export * from "./original.ts";
export {
  PLUGIN_LINES_LEASE_S,
  PluginExit,
  PluginLine,
  type PluginState,
  PluginStatus,
  pluginStates,
  plugins as pluginsFeature,
} from "./plugins.ts";
export * from "./procedure.ts";
export * from "./sensors.ts";
export { signedDialText, TunnelTicket, tunnel } from "./tunnel.ts";

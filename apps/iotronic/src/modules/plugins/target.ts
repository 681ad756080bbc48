// This module's part of a board's target: the plugins that shall be there. And which bytes it may fetch for them.
import type { TargetPlugin } from "@s4t/contract";
import { everything } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { listInjectedOn } from "./injection-store.ts";
import { targetValueOf } from "./plugin.ts";

/** The section `plugins`. */
export const pluginsPart = async (
  reader: Reader,
  board: { readonly uuid: string },
): Promise<{ plugins?: Readonly<Record<string, TargetPlugin>> }> => {
  const rows = await listInjectedOn(everything, reader, board.uuid);
  if (rows.length === 0) return {};
  return {
    plugins: Object.fromEntries(rows.map((row) => [row.name, targetValueOf(row)])),
  };
};

/** Whether a board's target names these bytes. */
export const namesBlob = async (
  reader: Reader,
  board: { readonly uuid: string },
  sha256: string,
): Promise<boolean> =>
  (await listInjectedOn(everything, reader, board.uuid)).some(({ blob }) => blob === sha256);

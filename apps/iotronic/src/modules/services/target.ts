// This module's part of a board's target: what a stream may be opened to.
import type { TargetService } from "@s4t/contract";
import { everything } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { targetValueOf } from "./service.ts";
import { listExposures, listForwards } from "./store.ts";
import { forwardKeyOf } from "./streams.ts";

/** The section `services`. */
export const servicesPart = async (
  reader: Reader,
  board: { readonly uuid: string },
): Promise<{ services?: Readonly<Record<string, TargetService>> }> => {
  const exposed = await listExposures(everything, reader, { board: board.uuid });
  const forwards = await listForwards(everything, reader, { board: board.uuid });
  if (exposed.length + forwards.length === 0) return {};
  return {
    services: Object.fromEntries([
      ...exposed.map((row) => [row.name, targetValueOf(row)] as const),
      ...forwards.map((row) => [forwardKeyOf(row.uuid), targetValueOf(row)] as const),
    ]),
  };
};

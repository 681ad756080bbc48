// This module's part of a board's target: what a stream may be opened to.
import type { TargetService } from "@s4t/contract";
import { everything } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";
import { targetValueOf } from "./service.ts";
import { listExposedOn, listForwardsOn } from "./store.ts";
import { forwardKeyOf } from "./streams.ts";

/** The section `services`. */
export const servicesPart = async (
  reader: Reader,
  board: { readonly uuid: string },
): Promise<{ services?: Readonly<Record<string, TargetService>> }> => {
  const exposed = await listExposedOn(everything, reader, board.uuid);
  const forwards = await listForwardsOn(everything, reader, board.uuid);
  if (exposed.length + forwards.length === 0) return {};
  return {
    services: Object.fromEntries([
      ...exposed.map((row) => [row.name, targetValueOf(row)] as const),
      ...forwards.map((row) => [forwardKeyOf(row.uuid), targetValueOf(row)] as const),
    ]),
  };
};

import * as Type from "typebox";
import { procedure } from "./procedure.ts";

/** The board's own sensors: load, memory, disk, network, temperatures. */
export const sensors = {
  /** Asked again every {@link LIVE_LEASE_S}/2 while somebody watches; the board stops by itself when nobody asks. */
  live: procedure({
    on: "board",
    name: "sensors.live",
    summary: "Report values every `everyS` for `leaseS` seconds from now; 0 ends it",
    args: Type.Object({
      everyS: Type.Number({ minimum: 1, maximum: 3_600 }),
      leaseS: Type.Integer({ minimum: 0, maximum: 3_600 }),
    }),
    reply: Type.Object({ everyS: Type.Number() }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
};

/** How long live reporting goes on without being asked for again: a forgotten page must not keep a board busy. */
export const LIVE_LEASE_S = 60;
/** Period of live values. */
export const LIVE_PERIOD_S = 5;

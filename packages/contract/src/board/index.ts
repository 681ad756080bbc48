// Everything that is said on the link, by feature.
import { board } from "./board.ts";
import { link } from "./link.ts";
import { sensors } from "./sensors.ts";

/** Procedures that an agent may offer: feature → verb. A feature that an agent lacks is refused with `board.unsupported`. */
export const boardProcedures = { board, link, sensors } as const;

export * from "./board.ts";
export * from "./link.ts";
export * from "./procedure.ts";
export * from "./sensors.ts";

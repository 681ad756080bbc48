import {
  createTelemetry,
  type Telemetry,
  type TelemetryDependencies,
  telemetryRoutes,
} from "../modules/telemetry/index.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** Measured values, and who watches them. */
export const composeTelemetry = (
  ground: Ground,
  findBoard: TelemetryDependencies["findBoard"],
): { readonly telemetry: Telemetry; readonly offer: Offer } => {
  const telemetry = ground.parts.add(createTelemetry({ ...ground, findBoard }));
  return { telemetry, offer: { routes: telemetryRoutes(telemetry), topics: telemetry.topics } };
};

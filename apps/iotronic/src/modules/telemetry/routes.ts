import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import type { Telemetry } from "./telemetry.ts";

export const telemetryRoutes = (telemetry: Telemetry) =>
  implement(rest.observations, {
    series: ({ scope, params }) => telemetry.series(scope, params.uuid),
    range: ({ scope, params, query }) => telemetry.range(scope, params.uuid, query),
  });

export { telemetryMetrics } from "./metrics.ts";
export { telemetryRoutes } from "./routes.ts";
export { createTelemetry, type Telemetry, type TelemetryDependencies } from "./telemetry.ts";

export { telemetryRoutes } from "./routes.ts";
export { createTelemetry, type Telemetry, type TelemetryDependencies } from "./telemetry.ts";

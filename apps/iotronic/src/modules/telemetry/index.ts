export { telemetryRoutes } from "./routes.ts";
export { createTelemetry, type Telemetry } from "./telemetry.ts";

export { createCatalogue } from "./catalogue.ts";
export type { ServedBoard, ServicesDependencies } from "./change.ts";
export { createExposures } from "./exposures.ts";
export { serviceRoutes } from "./routes.ts";
export type { EntryStanding } from "./service.ts";
export { createStreams } from "./streams.ts";
export { servicesPart } from "./target.ts";

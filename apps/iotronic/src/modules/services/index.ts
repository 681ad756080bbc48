export { createCatalogue } from "./catalogue.ts";
export type { ServicesDependencies } from "./change.ts";
export { servicesEstate } from "./estate.ts";
export { createExposures } from "./exposures.ts";
export { createRecords } from "./records.ts";
export { serviceRoutes } from "./routes.ts";
export { createStreams } from "./streams.ts";
export { servicesPart } from "./target.ts";
export { connectionTopics } from "./topics.ts";

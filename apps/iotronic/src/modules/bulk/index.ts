export { type Bulk, createBulk } from "./bulk.ts";
export { bulkRoutes } from "./routes.ts";

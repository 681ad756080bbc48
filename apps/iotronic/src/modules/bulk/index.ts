export { type Bulk, createBulk } from "./bulk.ts";
export { type BulkRetention, createBulkRetention } from "./retention.ts";
export { bulkRoutes } from "./routes.ts";

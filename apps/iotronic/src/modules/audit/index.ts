export { type Audit, createAudit } from "./audit.ts";
export { openHeadKey } from "./head.ts";
export { auditMetrics } from "./metrics.ts";
export { auditRoutes } from "./routes.ts";
export { auditTopics } from "./topics.ts";
export { openWitness } from "./witness.ts";

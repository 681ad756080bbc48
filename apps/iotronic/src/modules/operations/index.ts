export {
  createOperations,
  type NewOperation,
  type Operations,
  type Outcome,
} from "./operations.ts";
export { createRetention, type Retention } from "./retention.ts";
export { operationRoutes } from "./routes.ts";
export { accepted } from "./run.ts";
export { operationTopics } from "./topics.ts";

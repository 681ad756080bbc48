export {
  createOperations,
  type NewOperation,
  type Operations,
  type Outcome,
  statesOf,
} from "./operations.ts";
export { createRetention, OPERATIONS_KEPT_DAYS, type Retention } from "./retention.ts";
export { operationRoutes } from "./routes.ts";
export { accepted, problemOf } from "./run.ts";
export { createSteps, ROWS_AT_ONCE } from "./steps.ts";
export { operationTopics } from "./topics.ts";

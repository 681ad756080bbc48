export {
  createOperations,
  type NewOperation,
  type Operations,
  type Outcome,
} from "./operations.ts";
export { operationRoutes } from "./routes.ts";
export { operationTopics } from "./topics.ts";

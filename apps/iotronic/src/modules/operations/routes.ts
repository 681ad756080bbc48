import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import type { Operations } from "./operations.ts";

export const operationRoutes = (operations: Operations) =>
  implement(rest.operations, {
    list: ({ scope, query }) => operations.list(scope, query),
    show: ({ scope, params }) => operations.get(scope, params.uuid),
    cancel: ({ actor, scope, params }) => operations.cancel(actor, scope, params.uuid),
  });

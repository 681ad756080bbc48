import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import { projectOf } from "../../policy/index.ts";
import { accepted } from "../operations/index.ts";
import type { Bulk } from "./bulk.ts";

export const bulkRoutes = (bulk: Bulk) =>
  implement(
    rest.bulk,
    {
      start: async ({ actor, scope, body }) =>
        accepted(await bulk.begin(actor, projectOf(scope), body)),
      show: ({ scope, params }) => bulk.show(scope, params.uuid),
      boards: ({ scope, params, query }) => bulk.boards(scope, params.uuid, query),
    },
    { start: ({ actor, scope, body }) => bulk.preview(actor, projectOf(scope), body) },
  );

import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import type { Audit } from "./audit.ts";

export const auditRoutes = (audit: Audit) =>
  implement(rest.audit, {
    list: ({ scope, query }) => audit.list(scope, query),
    head: () => audit.lastHead(),
    verify: () => audit.verify(),
  });

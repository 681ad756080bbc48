import { refused } from "./row.ts";

/** Delegations. */
export const delegationErrors = {
  "delegation.not-found": refused(404)(
    "notFound",
    "There is no such delegation, or you may not see it.",
  ),
  "delegation.wider": refused(403)("noPermission", "This is more than you have: {because}."),
} as const;

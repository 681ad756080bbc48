import type { Role } from "@s4t/contract";

/** One row of the policy table. An administrator may do everything; `anyone` means whoever is signed in, about themselves. */
export interface PolicyRow {
  readonly allow: readonly Exclude<Role, "admin">[] | "anyone" | "admin";
}

const may = <const Roles extends readonly Exclude<Role, "admin">[]>(
  ...allow: Roles
): PolicyRow => ({ allow });

/** Reading what is in a project. */
export const reading = may("auditor", "user", "manager");
/** Using what is in a project. */
export const using = may("user", "manager");
/** Changing what is in a project. */
export const managing = may("manager");
/** Reading the record of a project. */
export const auditing = may("auditor", "manager");
/** Administrators of the cloud only. */
export const administering: PolicyRow = { allow: "admin" };
/** Whoever is signed in. */
export const anyone: PolicyRow = { allow: "anyone" };

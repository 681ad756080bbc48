// Roles of a Keystone as roles of ours.
import type { Role } from "@s4t/contract";
import type { Known, RoleIn } from "../../../ports/identity.ts";
import type { KeystoneOptions } from "./config.ts";

/** From the weakest on. */
const strengths: readonly RoleIn["role"][] = ["auditor", "user", "manager"];

interface InDomain extends Known {
  readonly domain: { readonly id: string; readonly name: string };
}

/** A name that there is once in the cloud: those of the home domain as they are, others with their domain's behind. */
export const nameIn = (
  { name, domain }: Pick<InDomain, "name" | "domain">,
  home: string,
): string => (domain.id === home ? name : `${name}@${domain.name}`);

/** What roles by name mean. */
export interface RoleMap {
  /** Whether this makes an administrator of the cloud, where it is held. */
  isAdmin(names: readonly string[]): boolean;
  /** The strongest role in a project; undefined for none. An administrator elsewhere than in the admin project is a manager there. */
  inProject(names: readonly string[]): RoleIn["role"] | undefined;
  /** Whether a project is the one whose administrators are those of the cloud. */
  isAdminProject(project: InDomain): boolean;
}

/** Makes it. */
export const createRoleMap = ({
  roles,
  adminProject,
  domain: home,
}: Pick<KeystoneOptions, "roles" | "adminProject" | "domain">): RoleMap => {
  const ours = (names: readonly string[]): Role[] =>
    names.flatMap((name) => roles.get(name.toLowerCase()) ?? []);
  return {
    isAdmin: (names) => ours(names).includes("admin"),
    inProject(names) {
      const held = ours(names).map((role) => (role === "admin" ? "manager" : role));
      return strengths.findLast((role) => held.includes(role));
    },
    isAdminProject: ({ id, name, domain }) =>
      id === adminProject || (name === adminProject && domain.id === home),
  };
};

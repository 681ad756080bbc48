// OpenStack's words for ours: the one domain, roles by the original's names, moments, ids of a token's record.
import type { Role } from "@s4t/contract";

/** The one domain, by its id and its name. */
export const domain = { id: "default", name: "Default" } as const;

/** Whether a request means the one domain. */
export const isOurDomain = (named: {
  readonly id?: string | null;
  readonly name?: string | null;
}): boolean =>
  named.id == null
    ? named.name?.toLowerCase() === domain.name.toLowerCase()
    : named.id === domain.id;

/** Names of a role of ours, as the original and OpenStack have it; the first is the one that it is shown by where only one fits. */
const namesOf: Readonly<Record<Role, readonly [string, ...string[]]>> = {
  admin: ["admin", "administrator"],
  manager: ["admin_iot_project", "manager_iot_project"],
  user: ["user_iot", "member"],
  auditor: ["reader", "auditor"],
};

/** A role as the Identity API shows it. Its id is its name: they never change. */
export interface ShownRole {
  readonly id: string;
  readonly name: string;
}

const shownRole = (name: string): ShownRole => ({ id: name, name });

/** Every role that there is, by all of its names. */
export const allRoles: readonly ShownRole[] = Object.values(namesOf).flat().map(shownRole);
/** A role of ours by all of its names. */
export const rolesOf = (roles: readonly Role[]): readonly ShownRole[] =>
  roles.flatMap((role) => namesOf[role]).map(shownRole);
/** A role of ours by its first name. */
export const roleOf = (role: Role): ShownRole => shownRole(namesOf[role][0]);
/** The role of ours that a name means; undefined for none. */
export const ourRole = (name: string): Role | undefined =>
  (Object.keys(namesOf) as Role[]).find((role) => namesOf[role].includes(name));

/** ms UTC → `2026-11-28T11:30:00.000000Z`. */
export const momentOf = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");

/** Id of a token → its id in records: 16 bytes as 22 characters. It tells nothing of the token. */
export const auditIdOf = (uuid: string): string =>
  Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");

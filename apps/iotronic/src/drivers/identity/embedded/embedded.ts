// The cloud's own records as who vouches: people are managed here, and there are no tokens but the cloud's own.
import type { Called, IdentityDriver, Standing } from "../../../ports/identity.ts";

/** What the module that keeps people knows of them. */
export interface Records {
  /** Id of whom name and password prove; undefined: nobody. As much work for those who are not there. */
  prove(user: Called, password: string): Promise<string | undefined>;
  /** What somebody may now; undefined: they are gone or disabled. */
  standing(id: string): Promise<Omit<Standing, "freshUntilMs"> | undefined>;
}

/** Makes it. */
export const embeddedIdentity = (records: () => Records): IdentityDriver => ({
  name: "identity",
  managedAt: null,
  isToken: () => false,
  async prove(user, password) {
    const id = await records().prove(user, password);
    return id === undefined ? undefined : { id, bond: null };
  },
  judge: async () => undefined,
  async standing(id) {
    const found = await records().standing(id);
    return found && { ...found, freshUntilMs: Number.POSITIVE_INFINITY };
  },
  end: async () => {},
  isReachable: () => true,
});

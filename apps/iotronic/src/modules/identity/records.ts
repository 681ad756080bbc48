// People as the cloud's own records have them: what the embedded identity vouches by.
import { isUuid } from "@s4t/contract";
import { everything } from "../../policy/index.ts";
import type { Database, Reader } from "../../ports/database.ts";
import type { Called, Standing } from "../../ports/identity.ts";
import { isPassword } from "./passwords.ts";
import { findUser, listMemberships, type UserRow } from "./store.ts";

/** Who is called so; an id is no name. */
export const findCalled = async (
  reader: Reader,
  { by, key }: Called,
): Promise<UserRow | undefined> =>
  by === "nobody" || (by === "id" && !isUuid(key)) ? undefined : findUser(everything, reader, key);

/** Makes what the embedded identity asks. */
export const createRecords = ({ database }: { readonly database: Database }) => ({
  /** Id of whom name and password prove; as much work for those who are not there. */
  async prove(user: Called, password: string): Promise<string | undefined> {
    const meant = await database.read(everything, (reader) => findCalled(reader, user));
    // Whom a Keystone vouched for has no password here.
    const stored = meant?.foreign_id === null ? meant.password : undefined;
    return (await isPassword(stored, password)) && meant?.status === "active"
      ? meant.uuid
      : undefined;
  },
  /** What somebody may now. */
  standing: (uuid: string): Promise<Omit<Standing, "freshUntilMs"> | undefined> =>
    database.read(everything, async (reader) => {
      const user = await findUser(everything, reader, uuid);
      if (user?.status !== "active" || user.foreign_id !== null) return undefined;
      const memberships = await listMemberships(everything, reader, uuid);
      return {
        user: { id: user.uuid, name: user.name },
        isAdmin: user.admin === 1,
        roles: memberships.map(({ project, projectName, role }) => ({
          project: { id: project, name: projectName },
          role,
        })),
      };
    }),
});

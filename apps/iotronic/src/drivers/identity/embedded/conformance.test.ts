import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { newId } from "../../../edge/id.ts";
import { createRecords } from "../../../modules/identity/index.ts";
import { hashPassword } from "../../../modules/identity/passwords.ts";
import {
  insertProject,
  insertUser,
  removeMember,
  removeUser,
  setMember,
  updateUser,
} from "../../../modules/identity/store.ts";
import { everything } from "../../../policy/index.ts";
import type { Tx } from "../../../ports/database.ts";
import { identityConformance } from "../../../ports/identity.conformance.ts";
import { sqliteDatabase } from "../../database/sqlite/index.ts";
import { embeddedIdentity } from "./index.ts";

identityConformance("embedded", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-identity-"));
  const database = sqliteDatabase({ folder, monotonicMs: systemClock.monotonicMs });
  await database.start?.();
  await database.migrate();
  const write = (work: (tx: Tx) => Promise<unknown>) =>
    database.write(everything, async (tx) => {
      await work(tx);
    });
  const row = { rev: 1, created_at: 0, updated_at: 0, foreign_id: null };
  let count = 0;
  return {
    identity: embeddedIdentity(() => createRecords({ database })),
    async addPerson() {
      count += 1;
      const [id, name, password] = [newId(), `person-${count}`, `a password of ${count}`];
      const stored = {
        ...{ password: await hashPassword(password), mail: null, mail_verified_at: null },
        last_sign_in_at: null,
      };
      await write((tx) =>
        insertUser(everything, tx, {
          ...{ uuid: id, name, status: "active", admin: 0, ...stored, ...row },
        }),
      );
      return { id, name, password };
    },
    async addProject() {
      count += 1;
      const [id, name] = [newId(), `project-${count}`];
      await write((tx) =>
        insertProject(everything, tx, { uuid: id, name, description: "", ...row }),
      );
      return { id, name };
    },
    setRole: ({ id: user }, { id: project }, role) =>
      write((tx) =>
        role === null
          ? removeMember(everything, tx, project as ProjectId, user)
          : setMember(everything, tx, project as ProjectId, user, role),
      ),
    setAdmin: ({ id }, isAdmin) =>
      write((tx) => updateUser(everything, tx, id, { admin: Number(isAdmin) })),
    disable: ({ id }) => write((tx) => updateUser(everything, tx, id, { status: "disabled" })),
    remove: ({ id }) => write((tx) => removeUser(everything, tx, id)),
    settle: async () => {},
    async close() {
      await database.stop?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

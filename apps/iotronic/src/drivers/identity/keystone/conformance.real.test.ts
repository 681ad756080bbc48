import { afterAll, beforeAll } from "vitest";
import { type RunningKeystone, startKeystone } from "../../../../../../scripts/real/openstack.ts";
import { keystoneOptions } from "../../../../test/keystone/options.ts";
import { password } from "../../../../test/keystone/people.ts";
import { fillKeystone, type KeystoneEstate } from "../../../../test/keystone/real.ts";
import { identityConformance } from "../../../ports/identity.conformance.ts";
import { keystoneIdentity } from "./index.ts";

/** What is known is relied on for so long here. */
const cacheForMs = 40;
/** What a role of ours is called there. */
const words = { manager: "manager_iot_project", user: "user_iot", auditor: "reader" } as const;

let keystone: RunningKeystone;
let estate: KeystoneEstate;
let count = 0;
beforeAll(async () => {
  keystone = await startKeystone();
  estate = await fillKeystone(keystone.url, keystone.password);
}, 300_000);
afterAll(() => keystone?.stop());

identityConformance("keystone", async () => {
  const { account, ask } = estate;
  const identity = keystoneIdentity(
    keystoneOptions({
      ...{ url: keystone.url, cacheForMs, timeoutMs: 20_000 },
      account: { method: "password", ...account, project: null },
    }),
  );
  const roles = new Map<string, string>();
  for (const { id, name } of (await ask("GET", "/roles")).roles) roles.set(name, id);
  return {
    identity,
    async addPerson() {
      count += 1;
      const name = `person-${count}`;
      const body = { user: { name, password, domain_id: "default" } };
      return { id: (await ask("POST", "/users", body)).user.id, name, password };
    },
    async addProject() {
      count += 1;
      const name = `project-${count}`;
      return { id: (await ask("POST", "/projects", { project: { name } })).project.id, name };
    },
    async setRole({ id: user }, { id: project }, role) {
      const path = `/projects/${project}/users/${user}/roles`;
      for (const { id } of (await ask("GET", path)).roles) await ask("DELETE", `${path}/${id}`);
      if (role !== null) await ask("PUT", `${path}/${roles.get(words[role])}`);
    },
    async setAdmin({ id }, isAdmin) {
      await ask(isAdmin ? "PUT" : "DELETE", `/system/users/${id}/roles/${roles.get("admin")}`);
    },
    async disable({ id }) {
      await ask("PATCH", `/users/${id}`, { user: { enabled: false } });
    },
    async remove({ id }) {
      await ask("DELETE", `/users/${id}`);
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, cacheForMs + 10)),
    close: async () => identity.stop?.(),
  };
});

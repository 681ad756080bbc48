import { type FakeKeystone, startFakeKeystone } from "../../../../test/keystone/fake.ts";
import { keystoneOptions } from "../../../../test/keystone/options.ts";
import { identityConformance } from "../../../ports/identity.conformance.ts";
import type { Known } from "../../../ports/identity.ts";
import { keystoneIdentity } from "./index.ts";

/** What is known is relied on for so long here. */
const cacheForMs = 40;
/** What a role of ours is called there. */
const words = { manager: "manager_iot_project", user: "member", auditor: "reader" } as const;

identityConformance("keystone, a fake one", async () => {
  const fake = await startFakeKeystone();
  const account = { method: "password", user: "cloud", password: "cloud", project: null } as const;
  const identity = keystoneIdentity(keystoneOptions({ url: fake.url, account, cacheForMs }));
  const users = new Map<string, ReturnType<FakeKeystone["addUser"]>>();
  const projects = new Map<string, ReturnType<FakeKeystone["addProject"]>>();
  const of = <T>(rows: Map<string, T>, { id }: Known): T => rows.get(id) as T;
  let count = 0;
  return {
    identity,
    async addPerson() {
      count += 1;
      const user = fake.addUser(`person-${count}`, `a password of ${count}`);
      users.set(user.id, user);
      return user;
    },
    async addProject() {
      count += 1;
      const project = fake.addProject(`project-${count}`);
      projects.set(project.id, project);
      return project;
    },
    async setRole(person, project, role) {
      for (const word of Object.values(words))
        fake.take(of(users, person), of(projects, project), word);
      if (role !== null) fake.give(of(users, person), of(projects, project), words[role]);
    },
    async setAdmin(person, isAdmin) {
      fake[isAdmin ? "give" : "take"](of(users, person), "system", "admin");
    },
    async disable(person) {
      of(users, person).enabled = false;
    },
    async remove(person) {
      fake.removeUser(of(users, person));
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, cacheForMs + 10)),
    async close() {
      await identity.stop?.();
      await fake.close();
    },
  };
});

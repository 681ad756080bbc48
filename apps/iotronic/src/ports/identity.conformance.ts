// What whoever vouches for people must do, shown by people and projects that come, change and go.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IdentityDriver, Known, RoleIn } from "./identity.ts";

/** A person as a test makes one. */
export interface MadePerson extends Known {
  readonly password: string;
}

export interface IdentityForTest {
  readonly identity: IdentityDriver;
  addPerson(): Promise<MadePerson>;
  addProject(): Promise<Known>;
  setRole(person: Known, project: Known, role: RoleIn["role"] | null): Promise<void>;
  setAdmin(person: Known, isAdmin: boolean): Promise<void>;
  disable(person: Known): Promise<void>;
  remove(person: Known): Promise<void>;
  /** Waits until nothing is relied on any more that was looked at before. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** The promises of {@link IdentityDriver}. */
export const identityConformance = (name: string, open: () => Promise<IdentityForTest>): void => {
  describe(`identity: ${name}`, () => {
    let made: IdentityForTest;
    beforeEach(async () => {
      made = await open();
    });
    afterEach(() => made.close());

    const rolesOf = async ({ id }: Known) => {
      const standing = await made.identity.standing(id);
      return standing?.roles.map(({ project, role }) => [project.name, role]).sort();
    };

    it("says who one is by name or id and password, and nobody otherwise", async () => {
      const { identity } = made;
      const person = await made.addPerson();
      const { id, name: key, password } = person;
      await made.setRole(person, await made.addProject(), "user");
      expect((await identity.prove({ by: "name", key }, password))?.id).toBe(id);
      expect((await identity.prove({ by: "id", key: id }, password))?.id).toBe(id);
      for (const wrong of [`${password}.`, password.slice(1), password.toUpperCase(), "?"])
        expect(await identity.prove({ by: "name", key }, wrong)).toBeUndefined();
      expect(await identity.prove({ by: "name", key: `${key}x` }, password)).toBeUndefined();
      expect(await identity.prove({ by: "id", key }, password)).toBeUndefined();
      expect(await identity.prove({ by: "id", key: "0".repeat(32) }, password)).toBeUndefined();
    });

    it("proves nobody who is disabled or gone, and they may nothing", async () => {
      const { identity } = made;
      const [disabled, removed] = [await made.addPerson(), await made.addPerson()];
      const project = await made.addProject();
      for (const person of [disabled, removed]) {
        await made.setRole(person, project, "manager");
        expect(await rolesOf(person)).toEqual([[project.name, "manager"]]);
      }
      await made.disable(disabled);
      await made.remove(removed);
      await made.settle();
      for (const { id, name: key, password } of [disabled, removed]) {
        expect(await identity.prove({ by: "name", key }, password)).toBeUndefined();
        expect(await identity.standing(id)).toBeUndefined();
      }
    });

    it("says each role in its project, as it is now", async () => {
      const person = await made.addPerson();
      const [one, other, none] = [
        await made.addProject(),
        await made.addProject(),
        await made.addProject(),
      ];
      await made.setRole(await made.addPerson(), none, "manager");
      await made.setRole(person, one, "auditor");
      await made.setRole(person, other, "manager");
      const both = [
        [one.name, "auditor"],
        [other.name, "manager"],
      ].sort();
      expect(await rolesOf(person)).toEqual(both);
      const standing = await made.identity.standing(person.id);
      expect(standing).toMatchObject({
        user: { id: person.id, name: person.name },
        isAdmin: false,
      });
      await made.setRole(person, one, "user");
      await made.setRole(person, other, null);
      await made.settle();
      expect(await rolesOf(person)).toEqual([[one.name, "user"]]);
    });

    it("says who administers the cloud, as it is now", async () => {
      const person = await made.addPerson();
      const isAdmin = async () => (await made.identity.standing(person.id))?.isAdmin;
      expect(await isAdmin()).toBe(false);
      await made.setAdmin(person, true);
      await made.settle();
      expect(await isAdmin()).toBe(true);
      await made.setAdmin(person, false);
      await made.settle();
      expect(await isAdmin()).toBe(false);
    });

    it("gives nothing for what is no token of theirs, and nothing for who is none", async () => {
      const { identity } = made;
      const standing = `gAAAAA${"x".repeat(177)}`;
      for (const text of ["", "x", "0".repeat(43), standing])
        expect(await identity.judge(text)).toBeUndefined();
      for (const id of ["", "nobody", "0".repeat(32), "../users", "a".repeat(5_000)])
        expect(await identity.standing(id)).toBeUndefined();
    });

    it("binds what comes of a proof to its own token, where it has one", async () => {
      const { identity } = made;
      const { id, name: key, password } = await made.addPerson();
      const proven = await identity.prove({ by: "name", key }, password);
      expect(proven?.bond === null).toBe(identity.managedAt === null);
      if (!proven?.bond) return;
      const { token, expiresAtMs } = proven.bond;
      expect(identity.isToken(token)).toBe(true);
      expect(expiresAtMs).toBeGreaterThan(Date.now());
      // Without a scope: it says who, and gives nothing.
      expect(await identity.judge(token)).toMatchObject({
        ...{ user: { id }, isAdmin: false, roles: [], project: null, expiresAtMs },
      });
      const last = token.at(-3) === "A" ? "B" : "A";
      const altered = token.slice(0, -3) + last + token.slice(-2);
      expect(await identity.judge(altered)).toBeUndefined();
      await identity.end(token);
      expect(await identity.judge(token)).toBeUndefined();
      await identity.end(token);
    });

    it("answers what it can be asked", () => {
      expect(made.identity.isReachable()).toBe(true);
    });
  });
};

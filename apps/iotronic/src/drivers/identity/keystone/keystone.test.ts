// The driver against a fake Keystone: what it asks, how often, and what becomes of everybody when no answer comes.
import { type AddressInfo, createServer } from "node:net";
import { isS4tError } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeKeystone, startFakeKeystone } from "../../../../test/keystone/fake.ts";
import { keystoneOptions } from "../../../../test/keystone/options.ts";
import type { KeystoneOptions } from "./config.ts";
import { AWAY_MS, MAX_AT_ONCE, MAX_WAITING } from "./http.ts";
import { type Keystone, keystoneIdentity } from "./index.ts";

let fake: FakeKeystone;
const opened: Keystone[] = [];
const account = { method: "password", user: "cloud", password: "cloud", project: "admin" } as const;
const open = (given: Partial<KeystoneOptions> = {}): Keystone => {
  const keystone = keystoneIdentity(keystoneOptions({ url: fake.url, account, ...given }));
  opened.push(keystone);
  return keystone;
};
beforeEach(async () => {
  fake = await startFakeKeystone();
});
afterEach(async () => {
  for (const keystone of opened.splice(0)) await keystone.stop?.();
  await fake.close();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const heard = (what: string): number => fake.heard.filter((line) => line.startsWith(what)).length;
const validations = () => heard("GET /v3/auth/tokens");
/** Code of what a promise fails with; `none` where it does not. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => (isS4tError(error) ? error.code : String(error)),
  );

const aPerson = (role = "member") => {
  const user = fake.addUser("chiara", "a password");
  const project = fake.addProject("messina");
  fake.give(user, project, role);
  return { user, project, token: fake.issue(user, project) };
};

describe("an answer", () => {
  it("is asked for once, however many want it, and relied on for a while", async () => {
    const keystone = open();
    const { token, project } = aPerson();
    const all = await Promise.all(Array.from({ length: 50 }, () => keystone.judge(token)));
    for (const each of all)
      expect(each).toMatchObject({ project: project.id, roles: [{ role: "user" }] });
    await keystone.judge(token);
    expect(validations()).toBe(1);
  });

  it("that a token is worth nothing is relied on too, for a shorter while", async () => {
    const keystone = open({ cacheForMs: 60 });
    const dead = `gAAAA${"x".repeat(120)}`;
    for (let i = 0; i < 5; i += 1) expect(await keystone.judge(dead)).toBeUndefined();
    expect(validations()).toBe(1);
    await pause(80);
    expect(await keystone.judge(dead)).toBeUndefined();
    expect(validations()).toBe(2);
  });

  it("is of the moment that it was asked for: a slow one is not relied on longer", async () => {
    const keystone = open({ cacheForMs: 300 });
    const { token } = aPerson();
    await keystone.judge(token);
    fake.mood.delayMs = 200;
    await pause(320);
    const startedMs = performance.now();
    const standing = await keystone.judge(token);
    expect((standing?.freshUntilMs ?? 0) - startedMs).toBeLessThan(310);
    fake.mood.delayMs = 0;
    fake.revoke(token);
    await pause(320 - (performance.now() - startedMs));
    expect(await keystone.judge(token)).toBeUndefined();
  });
});

describe("a role", () => {
  it.each([
    ["admin_iot_project", "manager"],
    ["manager_iot_project", "manager"],
    ["user_iot", "user"],
    ["Member", "user"],
    ["reader", "auditor"],
    ["auditor", "auditor"],
    // Only in the project that is said to be, or above all of them, it is more.
    ["admin", "manager"],
    ["administrator", "manager"],
  ])("%s of a project is %s here", async (there, here) => {
    const standing = await open().judge(aPerson(there).token);
    expect(standing).toMatchObject({ isAdmin: false, roles: [{ role: here }] });
  });

  it("that this cloud does not know gives nothing", async () => {
    const { token, user } = aPerson("creator");
    const keystone = open();
    expect(await keystone.judge(token)).toMatchObject({ isAdmin: false, roles: [], project: null });
    expect(await keystone.standing(user.id)).toMatchObject({ isAdmin: false, roles: [] });
  });

  it("is the strongest of several", async () => {
    const { user, project, token } = aPerson("reader");
    fake.give(user, project, "manager_iot_project");
    fake.give(user, project, "member");
    expect(await open().judge(token)).toMatchObject({ roles: [{ role: "manager" }] });
  });

  it("admin is the cloud's in the admin project and above all, and by no name alike", async () => {
    const keystone = open();
    fake.domains.set("elsewhere", { name: "Elsewhere", enabled: true });
    const user = fake.addUser("root", "a password");
    const namesake = fake.addProject("admin", "elsewhere");
    fake.give(user, namesake, "admin");
    expect(await keystone.judge(fake.issue(user, namesake))).toMatchObject({
      isAdmin: false,
      roles: [{ project: { name: "admin@Elsewhere" }, role: "manager" }],
    });
    expect(await keystone.judge(fake.issue(user, undefined))).toMatchObject({ isAdmin: false });
    fake.give(user, "system", "admin");
    expect(await keystone.judge(fake.issue(user, "system"))).toMatchObject({ isAdmin: true });
    fake.take(user, "system", "admin");
    fake.give(user, "system", "reader");
    expect(await keystone.judge(fake.issue(user, "system"))).toMatchObject({ isAdmin: false });
  });
});

describe("somebody of another domain", () => {
  it("has it behind their name, and signs in by that", async () => {
    fake.domains.set("elsewhere", { name: "Elsewhere", enabled: true });
    const keystone = open({ cacheForMs: 50 });
    const user = fake.addUser("chiara", "theirs", "elsewhere");
    fake.addUser("chiara", "ours");
    fake.give(user, fake.addProject("messina", "elsewhere"), "member");
    const key = "chiara@Elsewhere";
    expect((await keystone.prove({ by: "name", key }, "theirs"))?.id).toBe(user.id);
    expect(await keystone.prove({ by: "name", key: "chiara" }, "theirs")).toBeUndefined();
    expect(await keystone.prove({ by: "name", key }, "ours")).toBeUndefined();
    expect(await keystone.standing(user.id)).toMatchObject({
      user: { name: key },
      roles: [{ project: { name: "messina@Elsewhere" } }],
    });
    fake.domains.set("elsewhere", { name: "Elsewhere", enabled: false });
    await pause(60);
    expect(await keystone.standing(user.id)).toBeUndefined();
  });

  it("may nothing in a project that is disabled", async () => {
    const keystone = open();
    const { user, project } = aPerson();
    project.enabled = false;
    expect(await keystone.standing(user.id)).toMatchObject({ roles: [] });
  });
});

describe("a Keystone that is away", () => {
  it("lets nobody in, and what is known counts until its time and no longer", async () => {
    const keystone = open({ cacheForMs: 500 });
    const { user, token } = aPerson();
    await keystone.judge(token);
    await fake.close();
    expect(await keystone.judge(token)).toMatchObject({ user: { id: user.id } });
    expect(await codeOf(keystone.judge(fake.issue(user, undefined)))).toBe("identity.unavailable");
    expect(keystone.isReachable()).toBe(false);
    await pause(550);
    for (const work of [
      keystone.judge(token),
      keystone.standing(user.id),
      keystone.prove({ by: "name", key: "chiara" }, "a password"),
      keystone.end(token),
    ])
      expect(await codeOf(work)).toBe("identity.unavailable");
    await fake.open();
    await pause(AWAY_MS);
    expect(await keystone.judge(token)).toMatchObject({ user: { id: user.id } });
    expect(keystone.isReachable()).toBe(true);
  });

  it("is not asked by everybody: for a moment they hear so at once", async () => {
    let asked = 0;
    const deaf = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    const { port } = deaf.address() as AddressInfo;
    const keystone = open({ url: `http://127.0.0.1:${port}` });
    expect(await codeOf(keystone.standing("a"))).toBe("identity.unavailable");
    expect(asked).toBe(1);
    for (let i = 0; i < 50; i += 1)
      expect(await codeOf(keystone.standing(`${i}`))).toBe("identity.unavailable");
    expect(asked).toBe(1);
    await pause(AWAY_MS + 20);
    expect(await codeOf(keystone.standing("later"))).toBe("identity.unavailable");
    expect(asked).toBe(2);
    deaf.close();
  });

  it.each([500, 502, 503, 429, 403, 302, 418])("or answers %s, lets nobody in", async (status) => {
    const keystone = open({ cacheForMs: 30 });
    const { user, token } = aPerson();
    await keystone.judge(token);
    await pause(40);
    fake.mood.status = status;
    expect(await codeOf(keystone.judge(token))).toBe("identity.unavailable");
    expect(await codeOf(keystone.standing(user.id))).toBe("identity.unavailable");
    fake.mood.status = undefined;
    expect(await keystone.judge(token)).toMatchObject({ user: { id: user.id } });
  });

  it("that is slow holds few, for a bounded time", async () => {
    const timeoutMs = 300;
    const keystone = open({ timeoutMs });
    await keystone.standing("warm");
    fake.mood.delayMs = 5_000;
    const before = fake.heard.length;
    const startedMs = performance.now();
    const count = MAX_AT_ONCE + MAX_WAITING + 100;
    let atOnce = 0;
    const work = Array.from({ length: count }, async (_, i) => {
      const code = await codeOf(keystone.standing(`${i}`));
      if (performance.now() - startedMs < timeoutMs / 2) atOnce += 1;
      return code;
    });
    const codes = await Promise.all(work);
    expect(atOnce).toBe(100);
    expect(new Set(codes)).toEqual(new Set(["identity.unavailable"]));
    expect(performance.now() - startedMs).toBeLessThan(timeoutMs * 4);
    expect(fake.heard.length - before).toBeLessThanOrEqual(MAX_AT_ONCE);
    fake.mood.delayMs = 0;
    await pause(AWAY_MS);
    expect(await keystone.standing("later")).toBeUndefined();
  });

  it("that says what is no answer lets nobody in", async () => {
    const keystone = open();
    const { token } = aPerson();
    fake.mood.status = 200; // the body of an error
    expect(await codeOf(keystone.judge(token))).toBe("identity.unavailable");
  });
});

describe("the cloud's own token", () => {
  it("is made once, and anew when it is refused", async () => {
    const keystone = open({ cacheForMs: 20 });
    const { token, user } = aPerson();
    await Promise.all([keystone.judge(token), keystone.standing(user.id)]);
    expect(heard("POST /v3/auth/tokens")).toBe(1);
    fake.newKeys();
    await pause(30);
    // Everything made before is worth nothing, the cloud's own too; it has another by the next question.
    expect(await keystone.judge(token)).toBeUndefined();
    expect(heard("POST /v3/auth/tokens")).toBe(2);
    expect(await keystone.judge(fake.issue(user, undefined))).toMatchObject({
      user: { id: user.id },
    });
    expect(heard("POST /v3/auth/tokens")).toBe(2);
  });

  it("that it does not get lets nobody in, and the log says why without secrets", async () => {
    const lines: string[] = [];
    const log = (...said: unknown[]) => void lines.push(JSON.stringify(said));
    const keystone = open({
      account: { ...account, password: "a wrong password" },
      log: { debug: log, info: log, warn: log, error: log, with: () => lines as never },
    });
    const { token } = aPerson();
    expect(await codeOf(keystone.judge(token))).toBe("identity.unavailable");
    expect(lines.join()).toContain("refuses the sign-in of this cloud");
    expect(lines.join()).not.toContain("a wrong password");
    expect(lines.join()).not.toContain(token);
  });
});

describe("the catalogue", () => {
  const entry = (url: string) => ({
    region: "RegionOne",
    urls: { public: url, internal: url, admin: url },
  });
  const there = () => fake.endpoints.map((row) => `${row.interface} ${row.url}`).sort();

  it("has this cloud once, however often it is told, and where it is now", async () => {
    const keystone = open();
    expect(await keystone.register(entry("http://one:8812"))).toHaveLength(4);
    expect(await keystone.register(entry("http://one:8812"))).toEqual([]);
    expect(there()).toEqual(
      ["admin", "internal", "public"].map((face) => `${face} http://one:8812`),
    );
    expect(await keystone.register(entry("http://two:8812"))).toHaveLength(3);
    expect(there()).toEqual(
      ["admin", "internal", "public"].map((face) => `${face} http://two:8812`),
    );
    expect(fake.services).toHaveLength(1);
  });

  it("has it once when two are told at once", async () => {
    await Promise.all([
      open().register(entry("http://one:8812")),
      open().register(entry("http://one:8812")),
    ]);
    await open().register(entry("http://one:8812"));
    expect(fake.services).toHaveLength(1);
    expect(there()).toHaveLength(3);
  });

  it("is left alone by an account that may not", async () => {
    fake.mood.status = 403;
    expect(await codeOf(open().register(entry("http://one:8812")))).toBe("identity.unavailable");
    expect(fake.services).toHaveLength(0);
  });
});

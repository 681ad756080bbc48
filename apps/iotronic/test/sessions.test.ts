// Sessions: listed, ended, bounded; and who has guessed too often.
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MAX_SESSIONS_PER_USER, MAX_TOKENS_PER_USER } from "../src/modules/identity/tokens.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { postFrom } from "./from-address.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let aheadMs = 0;
let count = 0;
beforeAll(async () => {
  cloud = await openTestCloud({
    clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs },
  });
}, 60_000);
afterAll(() => cloud.close());
const pass = (seconds: number): void => {
  aheadMs += seconds * 1_000;
};
beforeEach(() => pass(3_600));

const aUser = async () => {
  count += 1;
  const name = `sessions-${count}`;
  const { body } = await cloud.call("POST", "/api/users", {
    token: cloud.admin,
    body: { name, password },
  });
  return { name, uuid: body.uuid as string, token: await cloud.signIn(name, password) };
};
const works = async (token: string): Promise<boolean> =>
  (await cloud.call("GET", "/api/session", { token })).status === 200;
const listOf = async (token: string) =>
  (await cloud.call("GET", "/api/tokens?limit=1000", { token })).body.items;
const guess = async (name: string, host: number, word = "not that one") =>
  (await postFrom(host, cloud.url, "/api/session", { method: "password", name, password: word }))
    .code;

describe("one's sessions", () => {
  it("say what they are, from where, and by which program", async () => {
    const user = await aUser();
    const agent = `Mozilla/5.0 ${"x".repeat(500)}`;
    const { body } = await cloud.call("POST", "/api/session", {
      body: { method: "password", name: user.name, password },
      headers: { "user-agent": agent },
    });
    await cloud.call("POST", "/api/tokens", {
      token: body.token,
      body: { name: "nightly", expiresInS: 60 },
      headers: { "user-agent": "script/1" },
    });
    const [script, session] = await listOf(body.token);
    expect(script).toMatchObject({ kind: "token", name: "nightly", agent: "script/1" });
    expect(session).toMatchObject({
      ...{ kind: "session", address: "127.0.0.1", current: true },
      agent: agent.slice(0, 200),
    });
  });
  it("end all but this one at once; tokens for scripts stay", async () => {
    const user = await aUser();
    const others = [
      await cloud.signIn(user.name, password),
      await cloud.signIn(user.name, password),
    ];
    const made = await cloud.call("POST", "/api/tokens", {
      token: others[0],
      body: { name: "nightly", expiresInS: 600 },
    });
    const bystander = await aUser();
    const answer = await cloud.call("DELETE", "/api/tokens", { token: user.token });
    expect(answer.body).toEqual({ ended: 2 });
    expect(await Promise.all(others.map(works))).toEqual([false, false]);
    expect(await works(user.token)).toBe(true);
    expect(await works(made.body.secret)).toBe(true);
    expect(await works(bystander.token)).toBe(true);
  });
  it("are not a matter of what is bound, or of a program", async () => {
    const { body } = await cloud.call("POST", "/api/credentials", {
      token: cloud.admin,
      body: { name: "robot-of-sessions" },
    });
    const robot = await cloud.call("POST", "/api/session", {
      body: { method: "credential", id: body.credential.uuid, secret: body.secret },
    });
    expect((await cloud.call("DELETE", "/api/tokens", { token: robot.body.token })).code).toBe(
      "policy.denied",
    );
    const domain = { id: "default" };
    const bound = await cloud.call("POST", "/identity/v3/auth/tokens", {
      body: {
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { name: "admin", domain, password: cloud.password } },
          },
          scope: { project: { name: "default", domain } },
        },
      },
    });
    const token = bound.headers.get("x-subject-token") ?? "";
    expect((await cloud.call("DELETE", "/api/tokens", { token })).code).toBe("policy.denied");
    expect(await works(cloud.admin)).toBe(true);
  });
  it("are looked at and ended by an administrator, tokens for scripts too", async () => {
    const user = await aUser();
    const made = await cloud.call("POST", "/api/tokens", {
      token: user.token,
      body: { name: "nightly", expiresInS: 600 },
    });
    const path = `/api/users/${user.name}/sessions`;
    const { body } = await cloud.call("GET", path, { token: cloud.admin });
    expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual(["token", "session"]);
    expect(body.items.some(({ current }: { current: boolean }) => current)).toBe(false);
    expect((await cloud.call("DELETE", path, { token: cloud.admin })).body).toEqual({ ended: 2 });
    expect([await works(user.token), await works(made.body.secret)]).toEqual([false, false]);
    const audit = await cloud.call("GET", "/api/audit?action=user.end-sessions&limit=1", {
      token: cloud.admin,
      project: "all",
    });
    expect(audit.body.items[0]).toMatchObject({
      resource: { uuid: user.uuid },
      facts: { ended: 2 },
    });
  });
});

describe("too many", () => {
  it("sessions of one person: the oldest ends, at once", async () => {
    const user = await aUser();
    await works(user.token); // remembered
    const [row] = await cloud.sql("select * from identity_tokens where user_id = ?", user.uuid);
    const names = Object.keys(row ?? {});
    for (let i = 1; i < MAX_SESSIONS_PER_USER; i += 1) {
      const more = {
        ...row,
        uuid: `${row?.uuid}`.replace(/.{4}$/, `${i + 1_000}`),
        hash: `h${user.uuid}${i}`,
      };
      await cloud.sql(
        `insert into identity_tokens (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
        ...names.map((name) => (more as never)[name]),
      );
    }
    const oldest = await cloud.sql(
      "select uuid from identity_tokens where user_id = ? order by uuid limit 1",
      user.uuid,
    );
    await cloud.signIn(user.name, password);
    const left = await cloud.sql("select uuid from identity_tokens where user_id = ?", user.uuid);
    expect(left).toHaveLength(MAX_SESSIONS_PER_USER);
    expect(left.map(({ uuid }) => uuid)).not.toContain(oldest[0]?.uuid);
    for (let i = 0; i < 3; i += 1) await cloud.signIn(user.name, password);
    expect(await listOf(await cloud.signIn(user.name, password))).toHaveLength(
      MAX_SESSIONS_PER_USER,
    );
  });
  it("tokens for scripts: one more is refused, and none ends", async () => {
    const user = await aUser();
    const make = (i: number) =>
      cloud.call("POST", "/api/tokens", {
        token: user.token,
        body: { name: `script ${i}`, expiresInS: 600 },
      });
    for (let i = 0; i < MAX_TOKENS_PER_USER; i += 1) expect((await make(i)).status).toBe(201);
    const answer = await make(MAX_TOKENS_PER_USER);
    expect([answer.status, answer.code]).toEqual([409, "token.too-many"]);
    expect(await listOf(user.token)).toHaveLength(MAX_TOKENS_PER_USER + 1);
  });
});

describe("guessing", () => {
  it("from one address is slowed down, whatever one's own password is worth in between", async () => {
    const mallory = await aUser();
    const victims = await Promise.all([aUser(), aUser(), aUser(), aUser(), aUser(), aUser()]);
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 24; i += 1) {
      codes.push(await guess(victims[i % victims.length]?.name ?? "", 50));
      if (codes.at(-1) === "auth.failed") await guess(mallory.name, 50, password);
    }
    expect(codes.filter((code) => code === "auth.failed")).toHaveLength(20);
    expect(codes.at(-1)).toBe("auth.throttled");
    // Somebody else, from elsewhere, does not wait.
    expect(await guess(mallory.name, 51, password)).toBeUndefined();
  });
  it("one name is slowed down from wherever it comes; an administrator sees it and lets them in again", async () => {
    const user = await aUser();
    for (let i = 0; i < 5; i += 1) expect(await guess(user.name, 60 + i)).toBe("auth.failed");
    expect(await guess(user.name, 70, password)).toBe("auth.throttled");
    const shown = async () =>
      (await cloud.call("GET", `/api/users/${user.uuid}`, { token: cloud.admin })).body.lockedUntil;
    expect(Date.parse(await shown())).toBeGreaterThan(Date.now() - 1_000);
    const path = `/api/users/${user.name}/lock`;
    expect((await cloud.call("DELETE", path, { token: user.token })).code).toBe("policy.denied");
    expect((await cloud.call("DELETE", path, { token: cloud.admin })).status).toBe(204);
    expect(await shown()).toBeNull();
    expect(await guess(user.name, 70, password)).toBeUndefined();
    const { body } = await cloud.call("GET", "/api/audit?limit=20", {
      token: cloud.admin,
      project: "all",
    });
    const deeds = body.items.map(({ name, facts }: { name: string; facts: { waitS?: number } }) => [
      name,
      facts?.waitS,
    ]);
    expect(deeds).toContainEqual(["user.unlock", undefined]);
    expect(deeds).toContainEqual(["session.start", 1]);
  });
  it("a name that nobody has waits as one that somebody has", async () => {
    const user = await aUser();
    for (const name of [user.name, "nobody-at-all"]) {
      const codes = [];
      for (let i = 0; i < 6; i += 1) codes.push(await guess(name, 80 + i));
      expect(codes, name).toEqual([...Array(5).fill("auth.failed"), "auth.throttled"]);
    }
  });
});

// A cloud whose people a Keystone vouches for: what they may, what is theirs to do elsewhere, and when it ends.
import { sha256Hex } from "@s4t/kit/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uuidOf } from "../src/modules/identity/shadows.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { steps } from "./iotronic-v1/conformance.ts";
import { createRun } from "./iotronic-v1/run.ts";
import { type Stage, stageOf } from "./iotronic-v1/stage.ts";
import type { Step } from "./iotronic-v1/step.ts";
import { type FakeKeystone, startFakeKeystone } from "./keystone/fake.ts";
import { keystoneArgs, keystoneToken, password, people, tokensOfAll } from "./keystone/people.ts";

type Who = keyof typeof people;

/** A fake Keystone with the people of the conformance file. */
const openKeystone = async () => {
  const fake = await startFakeKeystone();
  const projects = { harbour: fake.addProject("harbour"), airport: fake.addProject("airport") };
  const users = Object.fromEntries(
    Object.entries(people).map(([who, { name, project, role }]) => {
      const user = fake.addUser(name, password);
      fake.give(user, projects[project], role);
      return [who, user];
    }),
  ) as Record<Who, ReturnType<FakeKeystone["addUser"]>>;
  return { fake, projects, users };
};
const account = { user: "cloud", password: "cloud", project: "admin" };

describe("the original's API", () => {
  let fake: FakeKeystone;
  let stage: Stage;
  let run: (step: Step) => Promise<string | undefined>;
  beforeAll(async () => {
    ({ fake } = await openKeystone());
    const cloud = await openTestCloud({}, keystoneArgs(fake.url, account));
    stage = await stageOf(cloud, await tokensOfAll(fake.url));
    run = createRun(stage);
  }, 60_000);
  afterAll(async () => {
    await stage?.close();
    await fake?.close();
  });

  it.each(steps)("$reference: $says ($method $path)", async (step) => {
    const wrong = await run(step);
    if (wrong !== undefined) throw new TypeError(wrong);
  });
});

describe("a person of a Keystone", () => {
  let keystone: Awaited<ReturnType<typeof openKeystone>>;
  let cloud: TestCloud;
  /** As short as may be, so that what ends is seen to. */
  const cacheForS = 1;
  const until = (isSo: () => Promise<boolean>) =>
    expect.poll(isSo, { timeout: (cacheForS + 2) * 1_000, interval: 20 }).toBe(true);
  beforeAll(async () => {
    keystone = await openKeystone();
    cloud = await openTestCloud({}, [
      ...keystoneArgs(keystone.fake.url, account),
      ...["--identity.keystone.cache-for", `${cacheForS}`],
    ]);
  }, 60_000);
  afterAll(async () => {
    await cloud?.close();
    await keystone?.fake.close();
  });
  const tokenOf = (who: Who) =>
    keystoneToken(keystone.fake.url, people[who].name, people[who].project);
  const boards = (token: string) => cloud.call("GET", "/api/boards", { token });
  const signIn = (name: string, word = password) =>
    cloud.call("POST", "/api/session", { body: { method: "password", name, password: word } });

  it("comes with a token in either spelling, and has their role in its project", async () => {
    const token = await tokenOf("manager");
    for (const headers of [{ "x-auth-token": token }, { authorization: `Bearer ${token}` }]) {
      const { status, body } = await cloud.call("GET", "/api/session", { headers });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        user: { uuid: uuidOf(keystone.users.manager.id), name: "mara", admin: false },
        project: uuidOf(keystone.projects.harbour.id),
        projects: [{ name: "harbour", role: "manager" }],
      });
    }
  });

  it("leaves what they make in their project, under their name, and the record says whose", async () => {
    const token = await tokenOf("manager");
    const made = await cloud.call("POST", "/api/boards", { token, body: { name: "lamp" } });
    expect(made.status, made.text).toBe(201);
    expect((await boards(await tokenOf("auditor"))).body.items).toMatchObject([{ name: "lamp" }]);
    expect((await boards(await tokenOf("stranger"))).body.items).toEqual([]);
    const { body } = await cloud.call("GET", "/api/audit?limit=200", {
      token: await tokenOf("admin"),
      project: "all",
    });
    const said = body.items.map((row: { name: string; actor: { name: string } }) =>
      [row.name, row.actor.name].join(" "),
    );
    for (const line of ["board.create mara", "user.create system", "project.create system"])
      expect(said).toContain(line);
    expect(JSON.stringify(body)).not.toContain("gAAAA");
  });

  it("without a role that says something here gets nothing, nor does a token without a project", async () => {
    const { fake, users } = keystone;
    const tokens = [
      await tokenOf("guest"),
      fake.issue(users.manager, undefined),
      fake.issue(users.admin, undefined),
    ];
    for (const token of tokens) {
      expect(await boards(token)).toMatchObject({ status: 403, code: "auth.no-role" });
      expect(await cloud.call("GET", "/api/session", { token })).toMatchObject({ status: 403 });
      const v1 = await cloud.call("GET", "/v1/boards", { headers: { "x-auth-token": token } });
      expect(v1.status).toBe(403);
    }
    expect(await signIn("gil")).toMatchObject({ status: 403, code: "auth.no-role" });
    // Nobody is made of whom nothing may come.
    const rows = await cloud.sql("select name from identity_users where name = ?", "gil");
    expect(rows).toEqual([]);
  });

  it("administers the cloud with the role in the project that is said, and nowhere else", async () => {
    const admin = await tokenOf("admin");
    expect((await cloud.call("GET", "/api/users", { token: admin })).status).toBe(200);
    const { fake, users, projects } = keystone;
    fake.give(users.stranger, projects.airport, "admin");
    const elsewhere = await tokenOf("stranger");
    expect((await cloud.call("GET", "/api/users", { token: elsewhere })).status).toBe(403);
    expect((await boards(elsewhere)).status).toBe(200);
    fake.take(users.stranger, projects.airport, "admin");
  });

  it("is nobody with a token that is altered, expired or of another Keystone", async () => {
    const { fake, users, projects } = keystone;
    const token = await tokenOf("manager");
    const other = await startFakeKeystone();
    const there = other.addProject("harbour");
    const namesake = other.addUser("mara", password);
    other.give(namesake, there, "manager_iot_project");
    const altered = token.replace(/.$/, token.endsWith("A") ? "B" : "A");
    const expired = fake.issue(users.manager, projects.harbour, -1);
    for (const bad of [altered, expired, other.issue(namesake, there), `${token}=`, "gAAAA"])
      expect(await boards(bad), bad).toMatchObject({ status: 401, code: "auth.required" });
    await other.close();
    expect((await boards(token)).status).toBe(200);
  });

  it("signs in by name and password, with all of their projects", async () => {
    const { fake, users, projects } = keystone;
    fake.give(users.user, projects.airport, "auditor");
    const { status, body } = await signIn("ugo");
    expect(status).toBe(200);
    expect(body.session).toMatchObject({
      user: { uuid: uuidOf(users.user.id), name: "ugo", admin: false },
      projects: [
        { name: "airport", role: "auditor" },
        { name: "harbour", role: "user" },
      ],
    });
    expect(body.token).toHaveLength(43);
    expect((await boards(body.token)).status).toBe(200);
    // What is stored is worth nothing to who reads it, there or here.
    const rows = await cloud.sql("select * from identity_tokens");
    expect(JSON.stringify(rows)).not.toMatch(/gAAAA/);
    expect(await signIn("ugo", "a wrong password")).toMatchObject({ code: "auth.failed" });
    expect(await signIn("nobody")).toMatchObject({ code: "auth.failed" });
    fake.take(users.user, projects.airport, "auditor");
  });

  it("is signed in no longer than the Keystone's token is good", async () => {
    const { body } = await signIn("ugo");
    const left = Date.parse(body.session.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThan(3_600_001);
  });

  it("is out within the time that is said: token, session, personal token and credential", async () => {
    const { fake, users, projects } = keystone;
    const user = fake.addUser("eva", password);
    fake.give(user, projects.harbour, "manager_iot_project");
    const foreign = await keystoneToken(fake.url, "eva", "harbour");
    const session = (await signIn("eva")).body.token;
    const ofPerson = { name: "script", expiresInS: 3_600 };
    const personal = (await cloud.call("POST", "/api/tokens", { token: session, body: ofPerson }))
      .body.secret;
    const made = await cloud.call("POST", "/api/credentials", {
      ...{ token: session, body: { name: "dashboard" } },
    });
    const { secret, credential } = made.body;
    const body = { method: "credential", id: credential.uuid, secret };
    const program = (await cloud.call("POST", "/api/session", { body })).body.token;
    const all = [foreign, session, personal, program];
    for (const token of all) expect((await boards(token)).status).toBe(200);
    user.enabled = false;
    for (const token of all)
      await until(async () => (await boards(token)).code === "auth.required");
    expect(await cloud.call("POST", "/api/session", { body })).toMatchObject({ status: 401 });
    user.enabled = true;
    // What is bound to no token of theirs is good again; a session's token was not ended by that either.
    for (const token of all) await until(async () => (await boards(token)).status === 200);
    fake.take(user, projects.harbour, "manager_iot_project");
    for (const token of all) await until(async () => (await boards(token)).status !== 200);
    expect(users.manager.enabled).toBe(true);
  });

  it("is refused the boards of a bulk operation whose turn comes after their role went", async () => {
    const { fake, projects } = keystone;
    const user = fake.addUser("bea", password);
    fake.give(user, projects.harbour, "manager_iot_project");
    const token = await keystoneToken(fake.url, "bea", "harbour");
    const post = (path: string, body: object) => cloud.call("POST", path, { token, body });
    const names = Array.from({ length: 4 }, (_, i) => `bulk-${i}`);
    for (const name of names) expect((await post("/api/boards", { name })).status).toBe(201);
    await post("/api/fleets", { name: "buses" });
    const begun = await post("/api/bulk", {
      ...{ action: "fleet.join", selection: { boards: names }, params: { fleet: "buses" } },
      ...{ body: {}, atOnce: 1, perSecond: 1 },
    });
    expect(begun.status, begun.text).toBe(202);
    fake.give(user, projects.harbour, "user_iot");
    fake.take(user, projects.harbour, "manager_iot_project");
    // Asked by somebody else: nobody but the bulk operation looks who bea is now.
    const asked = { token: await tokenOf("admin"), project: uuidOf(projects.harbour.id) };
    const show = async () =>
      (await cloud.call("GET", `/api/operations/${begun.body.uuid}`, asked)).body;
    await expect.poll(async () => (await show()).status, { timeout: 20_000 }).toBe("failed");
    const { parts } = await show();
    const fleet = (await cloud.call("GET", "/api/fleets/buses", asked)).body;
    expect(parts).toMatchObject({ done: fleet.boards, failed: 4 - fleet.boards });
    const rows = await cloud.call("GET", `/api/bulk/${begun.body.uuid}/boards`, asked);
    expect(rows.body.items.at(-1)).toMatchObject({
      ...{ status: "failed", problem: { code: "policy.denied" } },
    });
  });

  it("has a session end with the token that it stands on", async () => {
    const { fake } = keystone;
    const { token } = (await signIn("mara")).body;
    const personal = (
      await cloud.call("POST", "/api/tokens", { token, body: { name: "own", expiresInS: 3_600 } })
    ).body.secret;
    fake.newKeys();
    await until(async () => (await boards(token)).code === "auth.required");
    // A personal token stands on the person.
    expect((await boards(personal)).status).toBe(200);
  });

  it("signs out here and there", async () => {
    const { fake } = keystone;
    const { token } = (await signIn("mara")).body;
    const before = fake.heard.length;
    expect((await cloud.call("DELETE", "/api/session", { token })).status).toBe(204);
    expect(fake.heard.slice(before)).toContain("DELETE /v3/auth/tokens");
    expect(await boards(token)).toMatchObject({ code: "auth.required" });
    const foreign = await tokenOf("manager");
    expect((await cloud.call("DELETE", "/api/session", { token: foreign })).status).toBe(204);
    expect(await boards(foreign)).toMatchObject({ code: "auth.required" });
  });

  it("is managed there: what would change people or projects here says so", async () => {
    const token = await tokenOf("admin");
    const ugo = uuidOf(keystone.users.user.id);
    const harbour = uuidOf(keystone.projects.harbour.id);
    const refused: readonly [string, string, object?][] = [
      ["POST", "/api/users", { name: "zoe", password }],
      ["PATCH", `/api/users/${ugo}`, { admin: true }],
      ["PATCH", `/api/users/${ugo}`, { password }],
      ["POST", "/api/projects", { name: "new" }],
      ["PATCH", `/api/projects/${harbour}`, { name: "new" }],
      ["PUT", `/api/projects/${harbour}/members/${ugo}`, { role: "manager" }],
      ["DELETE", `/api/projects/${harbour}/members/${ugo}`],
      ["PUT", "/api/session/password", { current: password, next: `${password}.` }],
      // What lasts is made by who signed in here: a token of a project is a bound.
      ["POST", "/api/tokens", { name: "own", expiresInS: 60 }],
      ["POST", "/api/credentials", { name: "own" }],
    ];
    for (const [method, path, body] of refused) {
      const answer = await cloud.call(method, path, { token, ...(body ? { body } : {}) });
      expect(answer, `${method} ${path} ${answer.text}`).toMatchObject({
        ...{ status: 409, code: "identity.elsewhere" },
        body: { title: expect.stringContaining(keystone.fake.url) },
      });
    }
  });

  it("finds no Identity API here, and hears where it is", async () => {
    for (const path of ["/identity", "/identity/v3", "/identity/v3/", "/identity/v3/projects"]) {
      const answer = await cloud.call("GET", path);
      expect(answer.status, path).toBe(404);
      expect(answer.body.error).toMatchObject({
        code: 404,
        message: expect.stringContaining(keystone.fake.url),
      });
    }
    const { status, headers } = await cloud.call("GET", "/v1/boards");
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe(`Keystone uri="${keystone.fake.url}/v3"`);
  });

  it("who is renamed, or has a name that another had, is who the Keystone says", async () => {
    const { fake, projects } = keystone;
    const old = fake.addUser("omar", password);
    fake.give(old, projects.harbour, "user_iot");
    await signIn("omar");
    fake.removeUser(old);
    const omar = fake.addUser("omar", `${password}!`);
    fake.give(omar, projects.harbour, "reader");
    expect(await signIn("omar")).toMatchObject({ code: "auth.failed" });
    const { body } = await signIn("omar", `${password}!`);
    expect(body.session.user).toMatchObject({ uuid: uuidOf(omar.id), name: "omar" });
    const inProject = async (project: string) => {
      const { token } = (await signIn("sam")).body;
      return (await cloud.call("GET", "/api/boards", { token, project })).code;
    };
    expect(await inProject("airport")).toBeUndefined();
    projects.airport.name = "seaport";
    await until(async () => (await inProject("seaport")) === undefined);
    expect(await inProject("airport")).toBe("project.not-found");
    const { token } = (await signIn("sam")).body;
    expect((await cloud.call("GET", "/api/projects/seaport", { token })).status).toBe(200);
    expect((await cloud.call("GET", "/api/projects/airport", { token })).status).toBe(404);
    projects.airport.name = "airport";
  });

  it("hears that the Keystone is away, and is let in by nothing then", async () => {
    const { fake } = keystone;
    const foreign = await tokenOf("manager");
    const { token } = (await signIn("mara")).body;
    expect((await boards(foreign)).status).toBe(200);
    await fake.close();
    for (const each of [foreign, token])
      await until(async () => (await boards(each)).code === "identity.unavailable");
    const answer = await boards(foreign);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await signIn("mara")).toMatchObject({ status: 503, code: "identity.unavailable" });
    const v1 = await cloud.call("GET", "/v1/boards", { headers: { "x-auth-token": foreign } });
    expect(v1.status).toBe(503);
    const ready = await cloud.call("GET", "/readyz");
    expect(ready).toMatchObject({ status: 200, body: { status: "ready", identity: "away" } });
    const { text } = await cloud.call("GET", "/metrics");
    expect(text).toContain("s4t_identity_reachable 0");
    expect(text).toMatch(/s4t_identity_question_duration_seconds_count\{.*about="token".*\} [1-9]/);
    await fake.open();
    for (const each of [foreign, token])
      await until(async () => (await boards(each)).status === 200);
    expect((await cloud.call("GET", "/readyz")).body.identity).toBe("reachable");
  });

  it("is nobody of the cloud's own: people and tokens of before count no more", async () => {
    const token = "a-token-of-an-administrator-of-before-1234567";
    await cloud.sql(
      "insert into identity_users (uuid, name, rev, status, admin, password, created_at, updated_at) values (?, ?, 1, 'active', 1, '', 0, 0)",
      ...["01920000-0000-7000-8000-000000000001", "before"],
    );
    await cloud.sql(
      "insert into identity_tokens (uuid, hash, user_id, name, created_at, expires_at) values (?, ?, ?, 'script', 0, ?)",
      ...["01920000-0000-7000-8000-000000000002", sha256Hex(token)],
      ...["01920000-0000-7000-8000-000000000001", Date.now() + 3_600_000],
    );
    expect(await boards(token)).toMatchObject({ status: 401, code: "auth.required" });
    expect(await signIn("before", "")).not.toMatchObject({ status: 200 });
  });

  it("leaves no token in what is logged", () => {
    expect(JSON.stringify(cloud.complaints)).not.toMatch(/gAAAA/);
  });
});

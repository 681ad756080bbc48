import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { dialectOfRun } from "./database.ts";
import { create, pack, upload } from "./plugin.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let count = 0;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

const asAdmin = async (method: string, path: string, body?: unknown, project?: string) => {
  const answer = await cloud.call(method, path, { token: cloud.admin, body, project });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const aUser = async (more: Readonly<Record<string, unknown>> = {}) => {
  count += 1;
  return asAdmin("POST", "/api/users", { name: `person-${count}`, password, ...more });
};
const aProject = async () => {
  count += 1;
  return asAdmin("POST", "/api/projects", { name: `project-${count}` });
};
/** A signed-in user with a role in a project of their own. */
const aMember = async (role: string) => {
  const [user, project] = [await aUser(), await aProject()];
  await asAdmin("PUT", `/api/projects/${project.uuid}/members/${user.uuid}`, { role });
  return { user, project: project.uuid, token: await cloud.signIn(user.name, password) };
};
/** Every table that says whose its rows are. */
const tablesOfProjects = async (): Promise<string[]> => {
  const rows = await cloud.sql(
    dialectOfRun === "postgres"
      ? "select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = 'project_id'"
      : "select m.name from sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'project_id'",
  );
  return rows.map(({ name }) => String(name));
};
const codeFor = async (token: string, method = "GET", path = "/api/session", body?: unknown) =>
  (await cloud.call(method, path, { token, body })).code;
const signIn = (body: unknown, headers?: Record<string, string>) =>
  cloud.call("POST", "/api/session", { body, ...(headers ? { headers } : {}) });

describe("signing in", () => {
  it("says who one is and what one may reach", async () => {
    const { user, project } = await aMember("auditor");
    const { status, body } = await signIn({ method: "password", name: user.name, password });
    expect(status).toBe(200);
    expect(body.session).toMatchObject({
      user: { uuid: user.uuid, name: user.name, admin: false },
      projects: [{ uuid: project, role: "auditor" }],
      project,
    });
    expect(body.session.actions).toContain("board.list");
    expect(body.session.actions).not.toContain("board.create");
  });
  it("answers a wrong password and an unknown name alike", async () => {
    const user = await aUser();
    const wrong = await signIn({ method: "password", name: user.name, password: "not that one" });
    const unknown = await signIn({ method: "password", name: "nobody", password: "not that one" });
    expect([wrong.status, wrong.code]).toEqual([401, "auth.failed"]);
    expect(unknown.text).toBe(wrong.text);
    // What is no text is no name either, and on record as far as a record can hold it.
    const half = await signIn({ method: "password", name: "\ud800", password: "not that one" });
    expect(half.text).toBe(wrong.text);
    await signIn({ method: "password", name: user.name, password });
  });
  it("is on record, also when it failed", async () => {
    const user = await aUser();
    await signIn({ method: "password", name: user.name, password: "not that one" });
    await signIn({ method: "link", code: "not that one" });
    await signIn({ method: "password", name: user.name, password });
    const { items } = await asAdmin(
      "GET",
      "/api/audit?action=session.start&limit=3",
      undefined,
      "all",
    );
    expect(
      items.map((entry: { status: string; facts: { method: string } }) => [
        entry.status,
        entry.facts.method,
      ]),
    ).toEqual([
      ["done", "password"],
      ["denied", "link"],
      ["denied", "password"],
    ]);
    expect(JSON.stringify(items)).not.toContain("not that one");
  });
  it("works once with a one-time link", async () => {
    const user = await aUser();
    const code = await cloud.cloud.identity.sessions.createLink(user.uuid);
    const first = await signIn({ method: "link", code });
    expect(first.body.session.user.name).toBe(user.name);
    const second = await signIn({ method: "link", code });
    expect([second.status, second.code]).toEqual([401, "auth.link-invalid"]);
  });
  it("ends for a link after its time", async () => {
    const user = await aUser();
    const code = await cloud.cloud.identity.sessions.createLink(user.uuid);
    await cloud.sql("update identity_links set expires_at = 1");
    expect((await signIn({ method: "link", code })).code).toBe("auth.link-invalid");
  });
});

describe("the browser's cookie", () => {
  const cookieOf = async () => {
    const { user, project } = await aMember("manager");
    const { headers } = await signIn({ method: "password", name: user.name, password });
    const set = headers.get("set-cookie") ?? "";
    return { set, cookie: set.split(";")[0] ?? "", project };
  };
  it("is out of reach of scripts and of other sites", async () => {
    const { set } = await cookieOf();
    expect(set).toMatch(/^s4t_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  });
  it("reads, and changes only from a page of the cloud itself", async () => {
    const { cookie } = await cookieOf();
    const tryWith = (method: string, headers: Record<string, string>) =>
      cloud.call(method, method === "GET" ? "/api/session" : "/api/tokens", {
        headers: { cookie, ...headers },
        ...(method === "GET" ? {} : { body: { name: "script", expiresInS: 60 } }),
      });
    expect((await tryWith("GET", {})).status).toBe(200);
    expect((await tryWith("POST", {})).code).toBe("auth.origin");
    for (const origin of [
      "null",
      "http://evil.example",
      "http://127.0.0.1:1",
      cloud.url.slice(0, -1),
    ])
      expect((await tryWith("POST", { origin })).code, origin).toBe("auth.origin");
    expect((await tryWith("POST", { origin: cloud.url })).status).toBe(201);
  });
  it("is cleared by signing out", async () => {
    const { cookie } = await cookieOf();
    const out = await cloud.call("DELETE", "/api/session", {
      headers: { cookie, origin: cloud.url },
    });
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await cloud.call("GET", "/api/session", { headers: { cookie } })).code).toBe(
      "auth.required",
    );
  });
});

describe("sessions end at once", () => {
  it("when one signs out", async () => {
    const { token } = await aMember("user");
    expect((await cloud.call("DELETE", "/api/session", { token })).status).toBe(204);
    expect(await codeFor(token)).toBe("auth.required");
  });
  it("when the token is revoked, and nobody else's is by that", async () => {
    const [mine, other] = [await aMember("user"), await aMember("user")];
    const { body } = await cloud.call("POST", "/api/tokens", {
      token: mine.token,
      body: { name: "script", expiresInS: 3_600 },
    });
    expect(await codeFor(body.secret)).toBeUndefined();
    expect(await codeFor(other.token, "DELETE", `/api/tokens/${body.token.uuid}`)).toBe(
      "token.not-found",
    );
    expect(
      (await cloud.call("DELETE", `/api/tokens/${body.token.uuid}`, { token: mine.token })).status,
    ).toBe(204);
    expect(await codeFor(body.secret)).toBe("auth.required");
    expect(await codeFor(mine.token)).toBeUndefined();
  });
  it("when the password changes, but for the one that changed it", async () => {
    const { user, token } = await aMember("user");
    const other = await cloud.signIn(user.name, password);
    const next = `${password}!`;
    expect(
      await codeFor(token, "PUT", "/api/session/password", { current: "wrong one", next }),
    ).toBe("auth.failed");
    expect(
      await codeFor(token, "PUT", "/api/session/password", { current: password, next: "short" }),
    ).toBe("user.password-weak");
    expect(
      await codeFor(token, "PUT", "/api/session/password", { current: password, next }),
    ).toBeUndefined();
    expect(await codeFor(token)).toBeUndefined();
    expect(await codeFor(other)).toBe("auth.required");
    expect((await signIn({ method: "password", name: user.name, password })).code).toBe(
      "auth.failed",
    );
    expect((await signIn({ method: "password", name: user.name, password: next })).status).toBe(
      200,
    );
  });
  it.each([
    ["is disabled", "PATCH", { status: "disabled" }],
    ["gets another password", "PATCH", { password: `${password}?` }],
    ["is removed", "DELETE", undefined],
  ])("when the user %s", async (_, method, body) => {
    const { user, token } = await aMember("user");
    expect(await codeFor(token)).toBeUndefined();
    await asAdmin(method, `/api/users/${user.uuid}`, body);
    expect(await codeFor(token)).toBe("auth.required");
    expect((await signIn({ method: "password", name: user.name, password })).code).toBe(
      "auth.failed",
    );
  });
  it("when a role is taken away: for that project", async () => {
    const { user, token, project } = await aMember("manager");
    expect(await codeFor(token, "GET", `/api/projects/${project}`)).toBeUndefined();
    await asAdmin("DELETE", `/api/projects/${project}/members/${user.uuid}`);
    expect(await codeFor(token, "GET", `/api/projects/${project}`)).toBe("policy.denied");
    expect((await cloud.call("GET", "/api/projects", { token })).body.items).toEqual([]);
  });
});

describe("application credentials", () => {
  const aCredential = async (role: string, asked?: string) => {
    const member = await aMember(role);
    const { body } = await cloud.call("POST", "/api/credentials", {
      token: member.token,
      project: member.project,
      body: { name: "dashboard", ...(asked ? { role: asked } : {}) },
    });
    const enter = () =>
      signIn({ method: "credential", id: body.credential.uuid, secret: body.secret });
    return { ...member, credential: body.credential, enter };
  };
  it("sign in to one project, at most with their owner's role", async () => {
    const { enter, project } = await aCredential("user", "manager");
    const { body } = await enter();
    expect(body.session.projects).toMatchObject([{ uuid: project, role: "user" }]);
    expect(await codeFor(body.token, "POST", "/api/boards", { name: "lamp" })).toBe(
      "policy.denied",
    );
  });
  it("shrink with their owner, at once", async () => {
    const { enter, project, user } = await aCredential("manager");
    const { token } = (await enter()).body;
    expect(await codeFor(token, "POST", "/api/boards", { name: "lamp" })).toBeUndefined();
    await asAdmin("PUT", `/api/projects/${project}/members/${user.uuid}`, { role: "auditor" });
    expect(await codeFor(token, "POST", "/api/boards", { name: "lamp-2" })).toBe("policy.denied");
    expect(await codeFor(token, "GET", "/api/boards")).toBeUndefined();
    await asAdmin("DELETE", `/api/projects/${project}/members/${user.uuid}`);
    expect(await codeFor(token, "GET", "/api/boards")).toBe("project.not-found");
  });
  it("of an administrator administer nothing", async () => {
    const project = await aProject();
    const { body } = await cloud.call("POST", "/api/credentials", {
      token: cloud.admin,
      project: project.uuid,
      body: { name: "backup", role: "manager" },
    });
    const { token } = (
      await signIn({ method: "credential", id: body.credential.uuid, secret: body.secret })
    ).body;
    expect(await codeFor(token, "GET", "/api/users")).toBe("policy.denied");
    expect(await codeFor(token, "GET", "/api/boards")).toBeUndefined();
  });
  it("open no other way in and see none of their owner's", async () => {
    const { enter, token: ownersToken, user } = await aCredential("manager");
    const { token } = (await enter()).body;
    expect(await codeFor(token, "POST", "/api/tokens", { name: "more", expiresInS: 60 })).toBe(
      "policy.denied",
    );
    expect(await codeFor(token, "POST", "/api/credentials", { name: "more" })).toBe(
      "policy.denied",
    );
    expect(await codeFor(token, "GET", "/api/credentials")).toBe("policy.denied");
    expect(
      await codeFor(token, "PUT", "/api/session/password", {
        current: password,
        next: `${password}!`,
      }),
    ).toBe("policy.denied");
    const owners = (await cloud.call("GET", "/api/tokens", { token: ownersToken })).body.items;
    const seen = (await cloud.call("GET", "/api/tokens", { token })).body.items;
    expect(seen.map(({ current }: { current: boolean }) => current)).toEqual([true]);
    for (const { uuid, current } of owners)
      if (current)
        expect(await codeFor(token, "DELETE", `/api/tokens/${uuid}`)).toBe("token.not-found");
    expect((await cloud.call("GET", "/api/session", { token })).body.user.uuid).toBe(user.uuid);
  });
  it("end their sessions when they are removed", async () => {
    const { enter, token: ownersToken, credential } = await aCredential("user");
    const { token } = (await enter()).body;
    expect(
      await codeFor(ownersToken, "DELETE", `/api/credentials/${credential.uuid}`),
    ).toBeUndefined();
    expect(await codeFor(token)).toBe("auth.required");
    expect((await enter()).code).toBe("auth.failed");
  });
});

describe("users and projects", () => {
  it.each([
    ["removed", "DELETE", undefined],
    ["disabled", "PATCH", { status: "disabled" }],
    ["demoted", "PATCH", { admin: false }],
  ])("the last administrator cannot be %s", async (_, method, body) => {
    const answer = await cloud.call(method, "/api/users/admin", { token: cloud.admin, body });
    expect([answer.status, answer.code]).toEqual([409, "user.last-admin"]);
    expect(await codeFor(cloud.admin)).toBeUndefined();
  });
  it("of two administrators one may go", async () => {
    const second = await aUser({ admin: true });
    await asAdmin("PATCH", `/api/users/${second.uuid}`, { admin: false });
    await asAdmin("DELETE", `/api/users/${second.uuid}`);
  });
  it("keep their names apart and refuse weak passwords", async () => {
    const user = await aUser();
    const again = await cloud.call("POST", "/api/users", {
      token: cloud.admin,
      body: { name: user.name, password },
    });
    expect([again.status, again.code]).toEqual([409, "user.name-taken"]);
    const weak = await cloud.call("POST", "/api/users", {
      token: cloud.admin,
      body: { name: "weak", password: "short" },
    });
    expect([weak.status, weak.code]).toEqual([422, "user.password-weak"]);
  });
  it("are changed only as they were seen", async () => {
    const project = await aProject();
    const shown = await cloud.call("GET", `/api/projects/${project.name}`, { token: cloud.admin });
    expect(shown.headers.get("etag")).toBe('"1"');
    const patch = (description: string) =>
      cloud.call("PATCH", `/api/projects/${project.uuid}`, {
        token: cloud.admin,
        headers: { "if-match": '"1"' },
        body: { description },
      });
    expect((await patch("first")).headers.get("etag")).toBe('"2"');
    const second = await patch("second");
    expect([second.status, second.code]).toEqual([412, "request.stale"]);
    expect(second.body.details).toEqual({ sent: 1, current: 2 });
  });
  it("a project with boards, plugins or services stays", async () => {
    const project = await aProject();
    const remove = () =>
      cloud.call("DELETE", `/api/projects/${project.uuid}`, { token: cloud.admin });
    const within = { token: cloud.admin, project: project.uuid };
    const kept = async () => {
      const { status, code, body } = await remove();
      expect([status, code]).toEqual([409, "project.not-empty"]);
      return body.details;
    };
    const { board } = await asAdmin("POST", "/api/boards", { name: "lamp" }, project.uuid);
    expect(await kept()).toEqual({ boards: 1, plugins: 0, services: 0 });
    expect((await asAdmin("GET", `/api/boards/${board.uuid}`, undefined, project.uuid)).name).toBe(
      "lamp",
    );
    expect((await create(cloud, pack("hello"), within)).status).toBe(201);
    await asAdmin("POST", "/api/services", { name: "web", port: 80 }, project.uuid);
    expect(await kept()).toEqual({ boards: 1, plugins: 1, services: 1 });
    await asAdmin("POST", `/api/boards/${board.uuid}/retire`, {}, project.uuid);
    await asAdmin("DELETE", "/api/services/web", undefined, project.uuid);
    expect(await kept()).toEqual({ boards: 0, plugins: 1, services: 0 });
    await asAdmin("POST", "/api/services", { name: "web", port: 80 }, project.uuid);
    await asAdmin("DELETE", "/api/plugins/hello", undefined, project.uuid);
    expect(await kept()).toEqual({ boards: 0, plugins: 0, services: 1 });
  });
  it("a project that is removed leaves nothing but the record of it", async () => {
    const { project, token } = await aMember("manager");
    const within = { token: cloud.admin, project };
    const { board } = await asAdmin("POST", "/api/boards", { name: "lamp" }, project);
    await create(cloud, pack("hello"), within);
    await upload(cloud, pack("never-named"), within);
    await asAdmin("POST", "/api/services", { name: "web", port: 80 }, project);
    await asAdmin("POST", "/api/credentials", { name: "c", role: "auditor" }, project);
    await cloud.sql(
      "insert into operations (uuid, project_id, name, status, actor, idempotent, created_at) values (?, ?, 'x', 'done', 'me', 0, 1)",
      ...[`op-${project}`, project],
    );
    const secret = join(
      cloud.folder,
      "keys",
      (await asAdmin("GET", `/api/projects/${project}/key`)).key,
    );
    expect(existsSync(secret)).toBe(true);
    await asAdmin("POST", `/api/boards/${board.uuid}/retire`, {}, project);
    await asAdmin("DELETE", "/api/plugins/hello", undefined, project);
    await asAdmin("DELETE", "/api/services/web", undefined, project);
    await asAdmin("DELETE", `/api/projects/${project}`);
    const tables = await tablesOfProjects();
    expect(tables.length).toBeGreaterThan(12);
    const left = async () => {
      const found: string[] = [];
      for (const table of tables) {
        const rows = await cloud.sql(`select 1 from ${table} where project_id = ?`, project);
        if (rows.length > 0) found.push(table);
      }
      return found.sort();
    };
    await expect.poll(left).toEqual(["audit_entries", "changes"]);
    expect(existsSync(secret)).toBe(false);
    expect((await cloud.call("GET", "/api/boards", { token })).status).toBe(403);
  });
  it("lists come in pages without gap or repetition", async () => {
    for (let i = 0; i < 3; i += 1) await aProject();
    const names: string[] = [];
    for (let after = ""; ; ) {
      const { items, next } = await asAdmin(
        "GET",
        `/api/projects?limit=2${after && `&after=${after}`}`,
      );
      names.push(...items.map(({ name }: { name: string }) => name));
      if (next === null) break;
      after = next;
    }
    const all = (await asAdmin("GET", "/api/projects?limit=1000")).items;
    expect(names).toEqual(all.map(({ name }: { name: string }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("guessing", () => {
  it("makes the guesser wait, with the right password too", async () => {
    const guessed = await openTestCloud();
    try {
      const guess = (word: string) =>
        guessed.call("POST", "/api/session", {
          body: { method: "password", name: "admin", password: word },
        });
      for (let i = 0; i < 5; i += 1) expect((await guess(`guess ${i}`)).code).toBe("auth.failed");
      const answer = await guess(guessed.password);
      expect([answer.status, answer.code]).toEqual([429, "auth.throttled"]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    } finally {
      await guessed.close();
    }
  });
  it("gains nothing from guessing all at once", async () => {
    const guessed = await openTestCloud();
    try {
      const codes = await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const body = { method: "password", name: "admin", password: `guess ${i}` };
          return (await guessed.call("POST", "/api/session", { body })).code;
        }),
      );
      // Sixteen at once, and the few that are free for whoever mistypes.
      expect(codes.filter((code) => code === "auth.failed").length).toBeLessThanOrEqual(21);
    } finally {
      await guessed.close();
    }
  });
});

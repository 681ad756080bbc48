// What the conformance cases cannot say of the Identity API: time, other edges, the record, and what is lost when somebody loses a
// right.
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iotAddress, withoutIotPrefix } from "../src/http/identity-v3/catalogue.ts";
import { type Asked, openTestCloud, type TestCloud } from "./cloud.ts";

const password = "correct horse battery staple";
const domain = { id: "default" };
let cloud: TestCloud;
let aheadMs = 0;
let count = 0;

beforeAll(async () => {
  cloud = await openTestCloud({
    clock: { ...systemClock, now: () => systemClock.now() + aheadMs },
  });
}, 60_000);
afterAll(() => cloud.close());

const unused = (): string => {
  count += 1;
  return `v3-${count}`;
};
const asAdmin = async (method: string, path: string, body?: unknown) => {
  const answer = await cloud.call(method, path, { token: cloud.admin, body });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const aProject = () => asAdmin("POST", "/api/projects", { name: unused() });
const aUser = (more = {}) => asAdmin("POST", "/api/users", { name: unused(), password, ...more });
/** A user, and two projects where they have a role. */
const aMember = async (role = "manager") => {
  const [user, one, two] = [await aUser(), await aProject(), await aProject()];
  for (const { uuid } of [one, two])
    await asAdmin("PUT", `/api/projects/${uuid}/members/${user.uuid}`, { role });
  return { user, one, two };
};

const v3 = (method: string, path: string, token?: string, asked: Asked = {}) =>
  cloud.call(method, `/identity/v3${path}`, {
    ...asked,
    headers: { ...(token === undefined ? {} : { "x-auth-token": token }), ...asked.headers },
  });
const attempt = (user: Record<string, unknown>, scope?: unknown, asked: Asked = {}) =>
  v3("POST", "/auth/tokens", undefined, {
    ...asked,
    body: {
      auth: {
        identity: { methods: ["password"], password: { user: { password, ...user } } },
        ...(scope === undefined ? {} : { scope }),
      },
    },
  });
const issued = async (name: string, scope?: unknown): Promise<string> => {
  const { status, text: came, headers } = await attempt({ name, domain }, scope);
  expect(status, came).toBe(201);
  return headers.get("x-subject-token") ?? "";
};
const rescope = (id: string, scope?: unknown) =>
  v3("POST", "/auth/tokens", undefined, {
    body: {
      auth: {
        identity: { methods: ["token"], token: { id } },
        ...(scope === undefined ? {} : { scope }),
      },
    },
  });
const scopeOf = ({ uuid }: { uuid: string }) => ({ project: { id: uuid } });
const works = async (token: string): Promise<boolean> => {
  const { status } = await v3("GET", "/auth/projects", token);
  expect([200, 401]).toContain(status);
  return status === 200;
};
const validity = async (token: string): Promise<number> =>
  (await v3("GET", "/auth/tokens", cloud.admin, { headers: { "x-subject-token": token } })).status;

describe("the record", () => {
  it("has who came in how, and who did not, and no secret", async () => {
    const { one, two, user } = await aMember();
    const stranger = await aProject();
    const free = await issued(user.name);
    await rescope(free, scopeOf(one));
    await attempt({ name: user.name, domain, password: "not that one" });
    await attempt({ name: user.name, domain }, scopeOf(stranger));
    await v3("GET", "/users", free);
    const entries = async (action: string) =>
      (
        await cloud.call("GET", `/api/audit?action=${action}&limit=4`, {
          token: cloud.admin,
          project: "all",
        })
      ).body.items;
    const seen = await entries("session.start");
    expect(
      seen.map((entry: { status: string; facts: { method: string }; project: string | null }) => [
        entry.status,
        entry.facts.method,
        entry.project,
      ]),
    ).toEqual([
      ["denied", "password", null],
      ["denied", "password", null],
      ["done", "token", one.uuid],
      ["done", "password", null],
    ]);
    expect(JSON.stringify(seen)).not.toContain("not that one");
    await expect.poll(async () => (await entries("user.list"))[0]?.status).toBe("denied");
    await v3("DELETE", "/auth/tokens", cloud.admin, { headers: { "x-subject-token": free } });
    expect((await entries("token.revoke"))[0]).toMatchObject({ status: "done" });
    expect(two.uuid).not.toBe(one.uuid);
  });
});

describe("a token, in either spelling", () => {
  it("is good at every edge", async () => {
    const { user } = await aMember();
    const token = await issued(user.name);
    for (const headers of [
      { "x-auth-token": token },
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${token}`, "x-auth-token": token },
    ]) {
      expect((await cloud.call("GET", "/api/session", { headers })).body.user.uuid).toBe(user.uuid);
      expect((await v3("GET", "/auth/projects", undefined, { headers })).status).toBe(200);
    }
  });
  it("is none when it is altered, empty, long, or two", async () => {
    const { user } = await aMember();
    const [token, other] = [await issued(user.name), await issued(user.name)];
    const altered = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    for (const headers of [
      { "x-auth-token": altered },
      { "x-auth-token": "" },
      { "x-auth-token": "x".repeat(5_000) },
      { "x-auth-token": `${token} ${other}` },
      { "x-auth-token": `${token}, ${token}` },
      { authorization: `Bearer ${other}`, "x-auth-token": token },
      { authorization: "Basic YWRtaW46YWRtaW4=", "x-auth-token": token },
    ] as Record<string, string>[])
      for (const path of ["/api/session", "/identity/v3/auth/projects"])
        expect((await cloud.call("GET", path, { headers })).status, JSON.stringify(headers)).toBe(
          401,
        );
  });
});

describe("a scope", () => {
  it("is a bound at every edge", async () => {
    const { one, two, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    const session = (await cloud.call("GET", "/api/session", { token })).body;
    expect(session).toMatchObject({ project: one.uuid, projects: [{ uuid: one.uuid }] });
    expect((await cloud.call("GET", "/api/boards", { token })).status).toBe(200);
    const there = { token, project: two.uuid };
    expect((await cloud.call("GET", "/api/boards", there)).code).toBe("project.not-found");
    expect((await cloud.call("GET", `/api/projects/${two.uuid}`, { token })).code).toBe(
      "project.not-found",
    );
    expect(
      (await cloud.call("POST", "/api/credentials", { ...there, body: { name: "out" } })).code,
    ).toBe("project.not-found");
  });
  it("is a bound of what is made with it", async () => {
    const { one, two, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    const body = { name: "script", expiresInS: 3_600 };
    const made = (await cloud.call("POST", "/api/tokens", { token, body })).body.secret;
    const look = { token: made, project: two.uuid };
    expect((await cloud.call("GET", "/api/boards", look)).code).toBe("project.not-found");
    expect((await rescope(made, scopeOf(two))).status).toBe(403);
    expect((await rescope(token)).body.token.project.id).toBe(one.uuid);
  });
  it("of an administrator keeps nothing from them, as in OpenStack", async () => {
    const { one, two } = await aMember();
    const admin = await aUser({ admin: true });
    const token = await issued(admin.name, scopeOf(one));
    expect((await v3("GET", "/users", token)).status).toBe(200);
    const { body } = await cloud.call("GET", "/api/boards", { token, project: two.uuid });
    expect(body.items).toEqual([]);
  });
  it("ends with the role that it was given for", async () => {
    const { one, user } = await aMember();
    const [bound, free] = [await issued(user.name, scopeOf(one)), await issued(user.name)];
    await asAdmin("DELETE", `/api/projects/${one.uuid}/members/${user.uuid}`);
    expect([await works(bound), await validity(bound)]).toEqual([false, 404]);
    expect([await works(free), await validity(free)]).toEqual([true, 200]);
    expect((await attempt({ name: user.name, domain }, scopeOf(one))).status).toBe(401);
  });
  it("of the whole cloud ends with being its administrator", async () => {
    const admin = await aUser({ admin: true });
    const token = await issued(admin.name, { system: { all: true } });
    await asAdmin("PATCH", `/api/users/${admin.uuid}`, { admin: false });
    expect([await works(token), await validity(token)]).toEqual([false, 404]);
  });
  it("goes with its project", async () => {
    const { one, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    await asAdmin("DELETE", `/api/projects/${one.uuid}`);
    expect(await works(token)).toBe(false);
  });
});

describe("a token ends", () => {
  it("at its time, and nothing that was made of it is there longer", async () => {
    const { one, user } = await aMember();
    const token = await issued(user.name);
    aheadMs += 1_800_000;
    try {
      const later = await rescope(token, scopeOf(one));
      const made = later.headers.get("x-subject-token") ?? "";
      const { issued_at, expires_at } = later.body.token;
      expect(Date.parse(expires_at) - Date.parse(issued_at)).toBeLessThanOrEqual(1_800_000);
      expect([await works(token), await works(made)]).toEqual([true, true]);
      aheadMs += 1_800_000;
      expect([await works(token), await works(made)]).toEqual([false, false]);
      expect((await rescope(token, scopeOf(one))).status).toBe(401);
      expect(
        (await cloud.call("GET", "/api/session", { headers: { "x-auth-token": token } })).code,
      ).toBe("auth.expired");
    } finally {
      aheadMs = 0;
    }
  });
  it("and so does what it made under its own name: no later, and with it", async () => {
    const { one, user } = await aMember();
    for (const scope of [undefined, scopeOf(one)]) {
      const token = await issued(user.name, scope);
      const body = { name: "script", expiresInS: 30 * 86_400 };
      const made = (await cloud.call("POST", "/api/tokens", { token, body })).body;
      const own = (await cloud.call("GET", "/api/tokens", { token })).body.items;
      const { expiresAt } = own.find(({ current }: { current: boolean }) => current);
      expect(made.token.expiresAt).toBe(expiresAt);
      expect(await works(made.secret)).toBe(true);
      await cloud.call("DELETE", "/api/session", { token });
      expect(await works(made.secret)).toBe(false);
    }
  });
  it("and makes no other one then, though it was still there when it was looked at", async () => {
    const { one, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    const { sessions, tokens } = cloud.cloud.identity;
    const actor = await tokens.find(token);
    if (!actor || actor === "expired") throw new Error("no token");
    await sessions.signOut(actor);
    await expect(
      sessions.createToken(actor, { name: "script", expiresInS: 60 }, null),
    ).rejects.toMatchObject({ code: "auth.required" });
  });
  it("with its user, with a new password, and when an administrator says so", async () => {
    const ends = [
      (user: string) => asAdmin("PATCH", `/api/users/${user}`, { status: "disabled" }),
      (user: string) => asAdmin("PATCH", `/api/users/${user}`, { password: `${password}!` }),
      (user: string) => asAdmin("DELETE", `/api/users/${user}`),
    ];
    for (const end of ends) {
      const { one, user } = await aMember();
      const token = await issued(user.name, scopeOf(one));
      expect(await works(token)).toBe(true);
      await end(user.uuid);
      expect([await works(token), await validity(token)]).toEqual([false, 404]);
    }
  });
  it("with the one that it was made of, however long the chain, and no other does", async () => {
    const { user } = await aMember();
    const [first, other] = [await issued(user.name), await issued(user.name)];
    const chain = [first];
    for (let i = 0; i < 12; i += 1)
      chain.push((await rescope(chain.at(-1) ?? "")).headers.get("x-subject-token") ?? "");
    expect(await Promise.all(chain.map(works))).toEqual(chain.map(() => true));
    await v3("DELETE", "/auth/tokens", chain[3], {
      headers: { "x-subject-token": chain[3] ?? "" },
    });
    expect(await Promise.all(chain.map(works))).toEqual(chain.map((_, i) => i < 3));
    // By the other edge as well.
    await cloud.call("DELETE", "/api/session", { token: first });
    expect(await Promise.all(chain.map(works))).toEqual(chain.map(() => false));
    expect(await works(other)).toBe(true);
  });
  it("with a credential's own end", async () => {
    const { one, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    const moment = new Date(Date.now() + 600_000).toISOString().slice(0, 19);
    const { body } = await v3("POST", `/users/${user.uuid}/application_credentials`, token, {
      body: { application_credential: { name: "short", expires_at: moment } },
    });
    const { id, secret } = body.application_credential;
    const enter = () =>
      v3("POST", "/auth/tokens", undefined, {
        body: {
          auth: {
            identity: {
              methods: ["application_credential"],
              application_credential: { id, secret },
            },
          },
        },
      });
    const entered = await enter();
    expect(Date.parse(entered.body.token.expires_at)).toBeLessThanOrEqual(Date.parse(`${moment}Z`));
    const inside = entered.headers.get("x-subject-token") ?? "";
    aheadMs += 601_000;
    try {
      expect([await works(inside), (await enter()).status]).toEqual([false, 401]);
    } finally {
      aheadMs = 0;
    }
  });
  it("by a new password, with the credentials that were made of those that it ends", async () => {
    const { one, user } = await aMember();
    const mine = await issued(user.name, scopeOf(one));
    const other = await issued(user.name, scopeOf(one));
    const make = async (token: string, name: string) => {
      const path = `/users/${user.uuid}/application_credentials`;
      const { body } = await v3("POST", path, token, {
        body: { application_credential: { name } },
      });
      const { id, secret } = body.application_credential;
      const application_credential = { id, secret };
      return async () => {
        const identity = { methods: ["application_credential"], application_credential };
        return (await v3("POST", "/auth/tokens", undefined, { body: { auth: { identity } } }))
          .status;
      };
    };
    const [kept, ended] = [await make(mine, "kept"), await make(other, "ended")];
    expect([await kept(), await ended()]).toEqual([201, 201]);
    const body = { user: { original_password: password, password: `${password}?` } };
    expect((await v3("POST", `/users/${user.uuid}/password`, mine, { body })).status).toBe(204);
    expect([await kept(), await ended()]).toEqual([201, 401]);
  });
  it("for all but the one that changes the password", async () => {
    const { user } = await aMember();
    const [mine, other] = [await issued(user.name), await issued(user.name)];
    const change = (original_password: string, id = user.uuid) =>
      v3("POST", `/users/${id}/password`, mine, {
        body: { user: { original_password, password: `${password}?` } },
      });
    expect((await change("not that one")).status).toBe(401);
    expect((await change(password, (await aUser()).uuid)).status).toBe(404);
    expect((await change(password)).status).toBe(204);
    expect([await works(mine), await works(other)]).toEqual([true, false]);
    expect((await attempt({ name: user.name, domain })).status).toBe(401);
  });
});

describe("a program's token", () => {
  it("has its credential's project and role, and no more by any way", async () => {
    const { one, two, user } = await aMember();
    const token = await issued(user.name, scopeOf(one));
    const path = `/users/${user.uuid}/application_credentials`;
    const { body } = await v3("POST", path, token, {
      body: { application_credential: { name: "reader", roles: [{ name: "reader" }] } },
    });
    const { id, secret } = body.application_credential;
    const entered = await v3("POST", "/auth/tokens", undefined, {
      body: {
        auth: {
          identity: { methods: ["application_credential"], application_credential: { id, secret } },
        },
      },
    });
    const inside = entered.headers.get("x-subject-token") ?? "";
    expect(entered.body.token.roles.map(({ name }: { name: string }) => name)).toEqual([
      "reader",
      "auditor",
    ]);
    const make = await cloud.call("POST", "/api/boards", { token: inside, body: { name: "b" } });
    expect(make.code).toBe("policy.denied");
    expect((await rescope(inside, scopeOf(two))).status).toBe(403);
    expect((await rescope(inside, "unscoped")).status).toBe(403);
    // Another of the same has the same bounds, and the credential's name in it.
    const again = await rescope(inside, scopeOf(one));
    expect(again.body.token.application_credential.id).toBe(id);
    const more = again.headers.get("x-subject-token") ?? "";
    expect(
      (await v3("POST", path, more, { body: { application_credential: { name: "x" } } })).status,
    ).toBe(403);
    expect(
      (
        await cloud.call("POST", "/api/tokens", {
          token: more,
          body: { name: "x", expiresInS: 60 },
        })
      ).code,
    ).toBe("policy.denied");
    const byApi = (
      await cloud.call("POST", "/api/session", { body: { method: "credential", id, secret } })
    ).body.token;
    expect(await validity(byApi)).toBe(200);
    await asAdmin("DELETE", `/api/projects/${one.uuid}/members/${user.uuid}`);
    const left = await Promise.all([inside, more, byApi].map(validity));
    expect(left).toEqual([404, 404, 404]);
  });
});

describe("guessing", () => {
  it("is one account of tries, by name or by id, at either edge", async () => {
    const guessed = await openTestCloud();
    try {
      const uuid = (await guessed.call("GET", "/api/session", { token: guessed.admin })).body.user
        .uuid;
      const guess = (user: Record<string, unknown>) =>
        guessed.call("POST", "/identity/v3/auth/tokens", {
          body: { auth: { identity: { methods: ["password"], password: { user } } } },
        });
      const wrong = { password: "not that one" };
      const statuses = [
        await guess({ name: "admin", domain, ...wrong }),
        await guess({ id: uuid, ...wrong }),
        await guess({ name: "admin", domain: { name: "DEFAULT" }, ...wrong }),
        await guess({ id: uuid, ...wrong }),
        await guessed.call("POST", "/api/session", {
          body: { method: "password", name: "admin", ...wrong },
        }),
      ].map(({ status }) => status);
      expect(statuses).toEqual([401, 401, 401, 401, 401]);
      const right = await guess({ name: "admin", domain, password: guessed.password });
      expect(right.status).toBe(429);
      expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(right.body.error).toMatchObject({ code: 429, title: "Too Many Requests" });
      const there = await guessed.call("POST", "/api/session", {
        body: { method: "password", name: "admin", password: guessed.password },
      });
      expect(there.code).toBe("auth.throttled");
      const keys = await guessed.cloud.identity.scoped
        .issue(
          { method: "password", user: { by: "id", key: uuid }, password: guessed.password },
          { kind: "same" },
          "203.0.113.9",
        )
        .catch(({ code }: { code: string }) => code);
      // From another address too: it is the name that has to wait.
      expect(keys).toBe("auth.throttled");
    } finally {
      await guessed.close();
    }
  });
  it("takes as long for whoever is not there", async () => {
    const { user } = await aMember();
    const took: Record<string, number[]> = { wrong: [], unknown: [], foreign: [] };
    const ask: Record<string, Record<string, unknown>> = {
      wrong: { name: user.name, domain },
      unknown: { name: "nobody-at-all", domain },
      foreign: { name: user.name, domain: { id: "elsewhere" } },
    };
    for (let i = 0; i < 5; i += 1)
      for (const [kind, asked] of Object.entries(ask)) {
        const from = performance.now();
        const { status } = await attempt({ ...asked, password: `guess ${i}` });
        took[kind]?.push(performance.now() - from);
        expect(status).toBe(401);
        // Who is right in between has no address to wait for, and no name.
        for (const name of [user.name, "admin"])
          await cloud.call("POST", "/api/session", {
            body: {
              ...{ method: "password", name },
              password: name === "admin" ? cloud.password : password,
            },
          });
        if (kind === "unknown") ask.unknown = { name: `nobody-${i}`, domain };
      }
    const least = (kind: string) => Math.min(...(took[kind] ?? []));
    // Without the same work it would be a tenth.
    expect(least("unknown")).toBeGreaterThan(least("wrong") / 4);
    expect(least("foreign")).toBeGreaterThan(least("wrong") / 4);
  });
});

describe("refusals", () => {
  it("are the API's own, whatever is sent", async () => {
    const big = "x".repeat(1_100_000);
    const sent: readonly (readonly [number, Asked])[] = [
      [413, { raw: JSON.stringify({ auth: big }) }],
      [415, { raw: "auth=1", headers: { "content-type": "application/x-www-form-urlencoded" } }],
      [400, { raw: '{"auth":{"identity":{"__proto__":{"methods":["password"]}}}}' }],
      [400, { raw: "[".repeat(10_000) }],
      [400, { raw: "" }],
      [400, { body: { auth: { identity: { methods: [] } } } }],
      [
        400,
        {
          body: {
            auth: {
              identity: {
                methods: ["password"],
                password: { user: { name: "a", domain, password, admin: true } },
              },
            },
          },
        },
      ],
      [
        400,
        { body: { auth: { identity: { methods: ["token"], token: { id: "x".repeat(2_000) } } } } },
      ],
      [
        401,
        {
          body: {
            auth: {
              identity: {
                methods: ["password", "token"],
                password: { user: { name: "a", domain, password } },
              },
            },
          },
        },
      ],
      [
        400,
        { body: { auth: { identity: { methods: ["token"], token: { id: "x" } }, scope: {} } } },
      ],
      [
        400,
        {
          body: {
            auth: {
              identity: { methods: ["token"], token: { id: "x" } },
              scope: { "OS-TRUST:trust": { id: "x" } },
            },
          },
        },
      ],
    ];
    for (const [status, asked] of sent) {
      const answer = await v3("POST", "/auth/tokens", undefined, asked);
      const what = `${JSON.stringify(asked).slice(0, 200)}: ${answer.text}`;
      expect(answer.status, what).toBe(status);
      expect(answer.body.error, what).toMatchObject({ code: status, message: expect.any(String) });
      expect(answer.headers.get("x-openstack-request-id"), what).toMatch(/^req-/);
      expect(answer.headers.get("vary"), what).toBe("X-Auth-Token");
      expect(answer.headers.get("cache-control"), what).toBe("no-store");
    }
    expect(cloud.complaints).toEqual([]);
  });
  it("are meant for a page of another site, too", async () => {
    const { user } = await aMember();
    const { headers } = await cloud.call("POST", "/api/session", {
      body: { method: "password", name: user.name, password },
    });
    const cookie = (headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const token = await issued(user.name);
    const { status } = await v3("DELETE", "/auth/tokens", undefined, {
      headers: { cookie, origin: "http://evil.example", "x-subject-token": token },
    });
    expect([status, await works(token)]).toEqual([403, true]);
  });
});

describe("the catalogue", () => {
  /** By a request whose Host is another than where it is sent. */
  const ask = (of: TestCloud, path: string, headers: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      get(of.url + path, { headers }, (response) => text(response).then(resolve, reject)).on(
        "error",
        reject,
      );
    });
  const urlsAt = async (of: TestCloud, token: string, host: string) => {
    const answer = await ask(of, "/identity/v3/auth/catalog", { host, "x-auth-token": token });
    return Object.fromEntries(
      JSON.parse(answer).catalog.map((row: { type: string; endpoints: { url: string }[] }) => [
        row.type,
        row.endpoints[0]?.url,
      ]),
    );
  };
  const scoped = async (of: TestCloud) => {
    const answer = await of.call("POST", "/identity/v3/auth/tokens", {
      body: {
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { name: "admin", domain, password: of.password } },
          },
          scope: { system: { all: true } },
        },
      },
    });
    return answer.headers.get("x-subject-token") ?? "";
  };
  it("leads back by the address that the client came by", async () => {
    const token = await scoped(cloud);
    const identity = async (host: string) => (await urlsAt(cloud, token, host)).identity;
    expect(await identity("cloud.example:8812")).toBe("http://cloud.example:8812/identity/v3");
    expect(await identity("[fd00::2]:8812")).toBe("http://[fd00::2]:8812/identity/v3");
    for (const host of ['a"b', "a/b", "a b:1", "user@a"])
      expect(await identity(host), host).toBe(`${cloud.url}/identity/v3`);
  });
  it("leads by the address that is set, but for who speaks to this machine itself", async () => {
    const set = await openTestCloud({}, [
      ...["--address", "https://cloud.example"],
      ...["--identity.region", "Messina"],
    ]);
    try {
      const token = await scoped(set);
      const at = (host: string) => urlsAt(set, token, host);
      expect((await at("10.0.0.1:8812")).identity).toBe("https://cloud.example/identity/v3");
      expect((await at("127.0.0.1:8812")).identity).toBe("http://127.0.0.1:8812/identity/v3");
      const { body } = await set.call("GET", "/identity/v3/regions", { token });
      expect(body.regions).toMatchObject([{ id: "Messina" }]);
    } finally {
      await set.close();
    }
  });
  it("says no address that the original's client would damage", () => {
    // It takes every `/`, `v` and `1` off the end (section 11 of what Stack4Things does).
    const damaged = (url: string) => url.replace(/[/v1]+$/, "") !== url;
    for (const origin of [
      "http://127.0.0.1:8812",
      "http://127.0.0.1:8811",
      "http://127.0.0.1",
      "https://10.0.0.1",
      "https://cloud.tv",
      "https://[fd00::1]",
      "https://cloud.example",
    ]) {
      const url = iotAddress(origin);
      expect(damaged(url), url).toBe(false);
      expect(new URL(url).origin, url).toBe(new URL(origin).origin);
    }
    expect(iotAddress("http://127.0.0.1:8812")).toBe("http://127.0.0.1:8812");
  });
  it("and the path that it gives instead leads to the same", async () => {
    expect(withoutIotPrefix("/iot/v1/boards?limit=1")).toBe("/v1/boards?limit=1");
    expect(withoutIotPrefix("/iot/v1")).toBe("/v1");
    expect(withoutIotPrefix("/iot/")).toBe("/");
    expect(withoutIotPrefix("/iot")).toBe("/");
    for (const url of ["/iot/api/boards", "/iotx", "/iot/v12", "/v1/iot", "//iot", "/iot/../api"])
      expect(withoutIotPrefix(url)).toBe(url);
    expect((await cloud.call("GET", "/iot/api/session", { token: cloud.admin })).status).toBe(404);
  });
});

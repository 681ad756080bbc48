// Whatever is sent to the Identity API: a refusal in its own words, never a fault of ours. Each body that works is broken in every
// way that there is below, at each of its places.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
let token: string;
let user: string;

const domain = { id: "default" };
const tokens = "/identity/v3/auth/tokens";
const signIn = () =>
  cloud.call("POST", tokens, {
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

beforeAll(async () => {
  cloud = await openTestCloud();
  const signedIn = await signIn();
  token = signedIn.headers.get("x-subject-token") ?? "";
  user = signedIn.body.token.user.id;
}, 60_000);
afterAll(() => cloud.close());

const oddities: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  "",
  "\u0000",
  "\ud800",
  "x".repeat(300),
  "' or 1=1 --",
  "../../../etc/passwd",
  [],
  ["password", "password"],
  {},
  { id: "default", name: { id: 1 } },
  Array.from({ length: 200 }, () => ({})),
];

/** Every body that differs from this one at one place: by another value, by a member less, by a member more. */
function* broken(value: unknown): Generator<unknown> {
  yield* oddities;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [at, each] of value.entries())
      for (const other of broken(each)) yield value.with(at, other);
    return;
  }
  for (const [name, each] of Object.entries(value)) {
    const { [name]: _gone, ...rest } = value as Record<string, unknown>;
    yield rest;
    for (const other of broken(each)) yield { ...rest, [name]: other };
  }
  yield { ...value, surplus: 1 };
}

const bodies: readonly (readonly [path: () => string, body: () => unknown])[] = [
  [
    () => tokens,
    () => ({
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name: "nobody", domain, password: "not that one" } },
        },
        scope: { project: { name: "default", domain } },
      },
    }),
  ],
  [
    () => tokens,
    () => ({ auth: { identity: { methods: ["token"], token: { id: token } }, scope: "unscoped" } }),
  ],
  [
    () => tokens,
    () => ({
      auth: {
        identity: {
          methods: ["application_credential"],
          application_credential: { name: "robot", secret: "x", user: { name: "admin", domain } },
        },
        scope: { system: { all: true } },
      },
    }),
  ],
  [
    () => `/identity/v3/users/${user}/application_credentials`,
    () => ({
      application_credential: {
        name: "robot",
        description: "",
        expires_at: "2020-01-01T00:00:00",
        roles: [{ name: "member" }],
        unrestricted: false,
        access_rules: [],
      },
    }),
  ],
  [
    () => `/identity/v3/users/${user}/password`,
    () => ({ user: { original_password: "not that one", password: "short" } }),
  ],
];

it("bodies that are broken are refused", async () => {
  const seen = new Map<number, number>();
  for (const [path, body] of bodies)
    for (const sent of broken(body())) {
      const answer = await cloud.call("POST", path(), {
        body: sent,
        headers: { "x-auth-token": token },
      });
      const what = `${JSON.stringify(sent)?.slice(0, 300)}: ${answer.status} ${answer.text}`;
      expect([201, 400, 401, 403, 404, 409, 429], what).toContain(answer.status);
      if (answer.status !== 201) expect(answer.body.error.code, what).toBe(answer.status);
      expect(answer.text, what).not.toMatch(/\.ts:\d+|node_modules|TypeError|SQLITE/);
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      // Whoever comes in has no tries to wait for: the next is judged, and not put off.
      if (answer.status === 401 || answer.status === 429)
        await cloud.call("POST", "/api/session", {
          body: { method: "password", name: "admin", password: cloud.password },
        });
    }
  expect(cloud.complaints).toEqual([]);
  expect(seen.get(400)).toBeGreaterThan(300);
  expect(seen.get(401)).toBeGreaterThan(5);
}, 120_000);

it("addresses that are odd are refused", async () => {
  const long = "x".repeat(2_000);
  const paths = [
    ...[
      "%00",
      "%ff",
      "%2e%2e%2fadmin",
      "__proto__",
      "constructor",
      long,
      "a%20b",
      "%",
      "🦆",
    ].flatMap((odd) => [
      `/projects/${odd}`,
      `/users/${odd}`,
      `/users/${odd}/projects`,
      `/roles/${odd}`,
      `/domains/${odd}`,
      `/services/${odd}`,
      `/users/${odd}/application_credentials/${odd}`,
    ]),
    ...[
      "name",
      "domain_id",
      "enabled",
      "user.id",
      "scope.project.id",
      "role.id",
      "__proto__",
    ].flatMap((name) =>
      ["", "%00", "%ff", long, "[]", "a&", `a&${name}=b`].flatMap((odd) =>
        ["/projects", "/users", "/roles", "/role_assignments", "/domains", "/services"].map(
          (path) => `${path}?${name}=${odd}`,
        ),
      ),
    ),
  ];
  for (const path of paths) {
    const { status, text } = await cloud.call("GET", `/identity/v3${path}`, {
      headers: { "x-auth-token": token },
    });
    const what = `${path.slice(0, 100)}: ${status} ${text}`;
    expect([200, 400, 404, 414], what).toContain(status);
    if (status === 200) expect(Object.keys(JSON.parse(text)), what).toContain("links");
  }
  expect(cloud.complaints).toEqual([]);
}, 60_000);

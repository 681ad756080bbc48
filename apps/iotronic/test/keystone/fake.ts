// As much of a Keystone as the cloud asks of one, in the test's process, with people and projects that a test changes as it likes. It
// passes the same conformance suite as the real one.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface FakeUser {
  readonly id: string;
  readonly name: string;
  password: string;
  readonly domain: string;
  enabled: boolean;
}
interface FakeProject {
  readonly id: string;
  name: string;
  readonly domain: string;
  enabled: boolean;
}
interface FakeToken {
  readonly user: FakeUser;
  readonly project: FakeProject | undefined;
  readonly isSystem: boolean;
  readonly expiresAtMs: number;
}
interface Row {
  id: string;
  [name: string]: unknown;
}

export interface FakeKeystone {
  readonly url: string;
  /** Every request that came, as `GET /v3/…`. */
  readonly heard: string[];
  /** What it does besides answering: waits so long first; or says this status to everything. */
  mood: { delayMs: number; status: number | undefined };
  readonly domains: Map<string, { name: string; enabled: boolean }>;
  addUser(name: string, password: string, domain?: string): FakeUser;
  addProject(name: string, domain?: string): FakeProject;
  give(user: FakeUser, project: FakeProject | "system", role: string): void;
  removeUser(user: FakeUser): void;
  take(user: FakeUser, project: FakeProject | "system", role: string): void;
  /** A token as `POST /v3/auth/tokens` would give; `lifeMs` from now. */
  issue(user: FakeUser, scope: FakeProject | "system" | undefined, lifeMs?: number): string;
  revoke(token: string): void;
  /** Ends every token, as when all keys are new. */
  newKeys(): void;
  readonly services: Row[];
  readonly endpoints: Row[];
  close(): Promise<void>;
  /** Listens again where it listened. */
  open(): Promise<void>;
}

const hex = (): string => randomBytes(16).toString("hex");
const lifeMs = 3_600_000;

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
};

/** Starts one with the user `cloud` (password `cloud`), administrator of the project `admin` and of the system. */
export const startFakeKeystone = async (): Promise<FakeKeystone> => {
  const domains = new Map([["default", { name: "Default", enabled: true }]]);
  const users: FakeUser[] = [];
  const projects: FakeProject[] = [];
  const given: { user: FakeUser; at: FakeProject | "system"; role: string }[] = [];
  const tokens = new Map<string, FakeToken>();
  const services: Row[] = [];
  const endpoints: Row[] = [];
  const heard: string[] = [];
  const mood: FakeKeystone["mood"] = { delayMs: 0, status: undefined };

  const rolesOf = (user: FakeUser, at: FakeProject | "system") =>
    given
      .filter((row) => row.user === user && row.at === at)
      .map(({ role }) => ({ id: role, name: role }));
  const isGood = ({ user, project, isSystem, expiresAtMs }: FakeToken): boolean =>
    expiresAtMs > Date.now() &&
    user.enabled &&
    domains.get(user.domain)?.enabled === true &&
    (!project ||
      (project.enabled &&
        domains.get(project.domain)?.enabled === true &&
        rolesOf(user, project).length > 0)) &&
    (!isSystem || rolesOf(user, "system").length > 0);
  const find = (secret: string | string[] | undefined): FakeToken | undefined => {
    const token = tokens.get(String(secret));
    return token && isGood(token) ? token : undefined;
  };
  const domainOf = (id: string) => ({ id, name: domains.get(id)?.name ?? "" });
  const shown = (token: FakeToken) => {
    const { user, project, isSystem, expiresAtMs } = token;
    const at = isSystem ? "system" : project;
    return {
      token: {
        methods: ["password"],
        user: { id: user.id, name: user.name, domain: domainOf(user.domain) },
        expires_at: new Date(expiresAtMs).toISOString().replace("Z", "000Z"),
        ...(at ? { roles: rolesOf(user, at) } : {}),
        ...(project
          ? {
              project: { id: project.id, name: project.name, domain: domainOf(project.domain) },
              is_domain: false,
            }
          : {}),
        ...(isSystem ? { system: { all: true } } : {}),
      },
    };
  };
  const issue: FakeKeystone["issue"] = (user, scope, life = lifeMs) => {
    const secret = `gAAAA${randomBytes(96).toString("base64url")}`;
    tokens.set(secret, {
      ...{ user, isSystem: scope === "system", expiresAtMs: Date.now() + life },
      project: scope === "system" ? undefined : scope,
    });
    return secret;
  };

  type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string>];
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every form
  const signIn = ({ auth }: any): Reply => {
    const asked = auth.identity.password.user;
    const of = asked.domain;
    const user = users.find(
      (each) =>
        each.id === asked.id ||
        (each.name === asked.name &&
          (each.domain === of?.id || domains.get(each.domain)?.name === of?.name)),
    );
    if (user?.password !== asked.password || !user) return [401, { error: {} }];
    const wanted = auth.scope;
    const at =
      wanted === "unscoped" || wanted === undefined
        ? undefined
        : wanted.system
          ? "system"
          : projects.find(
              ({ id, name }) => id === wanted.project.id || name === wanted.project.name,
            );
    if (wanted !== "unscoped" && wanted !== undefined && !at) return [401, { error: {} }];
    const secret = issue(user, at);
    const token = find(secret);
    return token ? [201, shown(token), { "x-subject-token": secret }] : [401, { error: {} }];
  };
  const list = (rows: Row[], name: string, method: string, id: string | undefined, body: Row) => {
    if (method === "POST") {
      const made = { ...(body[name] as object), id: hex() };
      rows.push(made);
      return [201, { [name]: made }] as const;
    }
    const row = rows.find((each) => each.id === id);
    if (!row) return [404, { error: {} }] as const;
    if (method === "PATCH") Object.assign(row, body[name] as object);
    else rows.splice(rows.indexOf(row), 1);
    return method === "PATCH" ? ([200, { [name]: row }] as const) : ([204] as const);
  };

  const answer = (request: IncomingMessage, body: Row): Reply => {
    const { method = "GET" } = request;
    const url = new URL(request.url ?? "/", "http://keystone");
    const path = url.pathname.replace(/^\/v3/, "");
    const [, noun = "", id, more] = path.split("/");
    if (method === "POST" && path === "/auth/tokens") return signIn(body);
    const asker = find(request.headers["x-auth-token"]);
    if (!asker) return [401, { error: {} }];
    const subject = request.headers["x-subject-token"];
    if (path === "/auth/tokens") {
      const token = find(subject);
      if (!token) return [404, { error: {} }];
      if (method === "DELETE") tokens.delete(String(subject));
      return method === "DELETE" ? [204] : [200, shown(token)];
    }
    if (noun === "domains") {
      const of = domains.get(id ?? "");
      return of ? [200, { domain: { id, ...of } }] : [404, {}];
    }
    if (noun === "role_assignments") {
      // As the real one: effective assignments leave the system's out.
      const rows = given.filter(
        ({ user, at }) => at !== "system" && user.id === url.searchParams.get("user.id"),
      );
      const scopeOf = (at: FakeProject | "system") =>
        at === "system" ? {} : { project: { id: at.id, name: at.name } };
      return [
        200,
        {
          role_assignments: rows.map(({ at, role }) => ({
            role: { id: role, name: role },
            scope: scopeOf(at),
          })),
        },
      ];
    }
    if (noun === "system") {
      const user = users.find((each) => path === `/system/users/${each.id}/roles`);
      return user ? [200, { roles: rolesOf(user, "system") }] : [404, {}];
    }
    if (noun === "users") {
      const user = users.find((each) => each.id === id);
      if (!user) return [404, {}];
      const { name, enabled, domain } = user;
      if (more !== "projects") return [200, { user: { id, name, enabled, domain_id: domain } }];
      const reached = projects.filter((each) => rolesOf(user, each).length > 0);
      return [
        200,
        { projects: reached.map(({ domain: of, ...rest }) => ({ ...rest, domain_id: of })) },
      ];
    }
    if (method === "GET")
      return noun === "services"
        ? [200, { services }]
        : [
            200,
            {
              endpoints: endpoints.filter(
                ({ service_id }) => service_id === url.searchParams.get("service_id"),
              ),
            },
          ];
    return noun === "services"
      ? list(services, "service", method, id, body)
      : list(endpoints, "endpoint", method, id, body);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    heard.push(`${request.method} ${request.url}`);
    const text = await textOf(request);
    if (mood.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, mood.delayMs));
    const [status, body, headers = {}] =
      mood.status === undefined
        ? answer(request, text === "" ? {} : JSON.parse(text))
        : ([mood.status, { error: {} }] as const);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : JSON.stringify(body));
  };
  let server = createServer();
  let port = 0;
  const open = async (): Promise<void> => {
    server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  };
  await open();
  const fake: FakeKeystone = {
    url: `http://127.0.0.1:${port}`,
    ...{ heard, mood, domains, issue, services, endpoints, open },
    addUser(name, password, domain = "default") {
      const user = { id: hex(), name, password, domain, enabled: true };
      users.push(user);
      return user;
    },
    addProject(name, domain = "default") {
      const project = { id: hex(), name, domain, enabled: true };
      projects.push(project);
      return project;
    },
    give: (user, at, role) => void given.push({ user, at, role }),
    take(user, at, role) {
      const row = given.findIndex(
        (each) => each.user === user && each.at === at && each.role === role,
      );
      if (row >= 0) given.splice(row, 1);
    },
    removeUser(user) {
      users.splice(users.indexOf(user), 1);
      user.enabled = false;
    },
    revoke: (token) => void tokens.delete(token),
    newKeys: () => tokens.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const cloud = fake.addUser("cloud", "cloud");
  fake.give(cloud, fake.addProject("admin"), "admin");
  fake.give(cloud, "system", "admin");
  return fake;
};

// Who may what, for every route of the contract: each endpoint × each kind of caller × own and foreign project, compared with
// the policy table. Generated: a new endpoint is in it at once, and fails until this file knows what its path is about.
import { type Endpoint, endpoints } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAction, policyTable } from "../src/policy/index.ts";
import type { PolicyRow } from "../src/policy/row.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { create, ownerKey, pack } from "./plugin.ts";

const callers = ["anonymous", "admin", "manager", "user", "auditor"] as const;
type Caller = (typeof callers)[number];
type Side = "own" | "foreign";

let cloud: TestCloud;
let count = 0;
const tokens = new Map<Caller, string>();
const projects: Record<Side, string> = { own: "", foreign: "" };
const password = "correct horse battery staple";
const unused = (): string => {
  count += 1;
  return `matrix-${count}`;
};
const nowhere = "00000000-0000-7000-8000-000000000000";

const made = async (
  method: string,
  path: string,
  body: unknown,
  side?: Side,
  token = cloud.admin,
) => {
  const answer = await cloud.call(method, path, {
    token,
    body,
    project: side && projects[side],
  });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};

const newUser = async (): Promise<{ uuid: string; name: string }> => {
  const name = unused();
  const { uuid } = await made("POST", "/api/users", { name, password });
  return { uuid, name };
};

const newMember = async (side: Side, role: string): Promise<string> => {
  const user = await newUser();
  await made("PUT", `/api/projects/${projects[side]}/members/${user.uuid}`, { role });
  return cloud.signIn(user.name, password);
};

const newBoard = async (side: Side): Promise<string> => {
  const { board } = await made("POST", "/api/boards", { name: unused() }, side);
  await cloud.sql(
    "update boards set pubkey = ?, status = 'offline' where uuid = ?",
    board.uuid,
    board.uuid,
  );
  return board.uuid;
};

const newOperation = async (side: Side): Promise<string> => {
  const board = await newBoard(side);
  const { uuid } = await made(
    "POST",
    `/api/boards/${board}/restart`,
    { deliver: "when-online" },
    side,
  );
  return uuid;
};

const newBulk = async (side: Side): Promise<string> => {
  const boards = [await newBoard(side)];
  return (await made("POST", "/api/bulk", { action: "board.update", selection: { boards } }, side))
    .uuid;
};

const newPlugin = async (side: Side): Promise<string> => {
  const answer = await create(cloud, pack(unused()), {
    token: cloud.admin,
    project: projects[side],
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.uuid;
};

/**
 * What the path of an endpoint is about: how to make one in a project, and the code of not seeing it. Tokens and credentials
 * belong to their user, so the foreign one is the foreign manager's; `own` is the caller's.
 */
const resources: Record<
  string,
  {
    readonly code: string;
    readonly make: (side: Side, caller: Caller) => Promise<string>;
  }
> = {
  boards: { code: "board.not-found", make: newBoard },
  services: {
    code: "service.not-found",
    make: async (side) =>
      (await made("POST", "/api/services", { name: unused(), port: 80 }, side)).uuid,
  },
  fleets: {
    code: "fleet.not-found",
    make: async (side) => (await made("POST", "/api/fleets", { name: unused() }, side)).uuid,
  },
  delegations: {
    code: "delegation.not-found",
    make: async (side, caller) => {
      const token = tokens.get(caller);
      const me = (await cloud.call("GET", "/api/session", { token })).body.user.uuid;
      const to = { user: side === "own" ? me : (await newUser()).uuid };
      const given = { to, until: "2100-01-01T00:00:00Z", depth: 1 };
      const body = { boards: [await newBoard(side)], actions: ["board.show"], ...given };
      return (await made("POST", "/api/delegations", body, side)).items[0].uuid;
    },
  },
  operations: { code: "operation.not-found", make: newOperation },
  bulk: { code: "operation.not-found", make: newBulk },
  plugins: { code: "plugin.not-found", make: newPlugin },
  projects: { code: "project.not-found", make: async (side) => projects[side] },
  users: { code: "user.not-found", make: async () => (await newUser()).uuid },
  tokens: {
    code: "token.not-found",
    make: async (side, caller) => {
      const token = side === "own" ? tokens.get(caller) : await newMember("foreign", "manager");
      const body = { name: unused(), expiresInS: 3_600 };
      return (await made("POST", "/api/tokens", body, undefined, token ?? cloud.admin)).token.uuid;
    },
  },
  credentials: {
    code: "credential.not-found",
    make: async (side, caller) => {
      const token = side === "own" ? tokens.get(caller) : await newMember("foreign", "manager");
      const answer = await cloud.call("POST", "/api/credentials", {
        token: token ?? cloud.admin,
        project: projects[side],
        body: { name: unused() },
      });
      return answer.body?.credential?.uuid ?? nowhere;
    },
  },
};

const nounOf = (endpoint: Endpoint): string => endpoint.path.split("/")[2] ?? "";

/** Bodies that need a name of their own each time, or something that exists. */
const bodies: Record<string, () => Promise<unknown>> = {
  "boards.create": async () => ({ name: unused() }),
  "users.create": async () => ({ name: unused(), password }),
  "projects.create": async () => ({ name: unused() }),
  "services.create": async () => ({ name: unused(), port: 80 }),
  "fleets.create": async () => ({ name: unused() }),
  "fleets.update": async () => ({ description: unused() }),
  "credentials.create": async () => ({ name: unused() }),
  "sessions.changePassword": async () => ({ current: password, next: `${password}!` }),
  "projects.update": async () => ({ description: unused() }),
  "boards.update": async () => ({ description: unused() }),
  "users.update": async () => ({ mail: null }),
  "plugins.create": async () => ({ manifest: pack(unused()).manifest }),
  "plugins.addVersion": async () => ({ manifest: pack(unused()).manifest }),
  "plugins.update": async () => ({ description: unused() }),
  "plugins.sign": async () => ownerKey().signVersion("0".repeat(64)),
  "projectKeys.seal": async () => {
    const { key } = ownerKey();
    return { key, proof: "0".repeat(128), signatures: {} };
  },
};

const probe = async (
  name: string,
  endpoint: Endpoint,
  caller: Caller,
  side: Side,
  uuid: string | undefined,
): Promise<Answered> => {
  // What ends or changes a session uses one of its own.
  const ownSession = nounOf(endpoint) === "session" && endpoint.method !== "GET";
  const token =
    ownSession && caller !== "anonymous" && endpoint.action !== "public"
      ? await newMember("own", caller === "admin" ? "manager" : caller)
      : tokens.get(caller);
  const user = endpoint.path.includes("{user}") ? (await newUser()).uuid : "";
  if (name === "projects.removeMember" && side === "own" && uuid !== nowhere)
    await made("PUT", `/api/projects/${uuid}/members/${user}`, { role: "user" });
  const query = name === "observations.range" ? "?series=cpu.load1&from=-1h" : "";
  const path =
    endpoint.path
      .replace("{uuid}", uuid ?? "")
      .replace("{user}", user)
      .replace("{version}", "latest")
      .replace("{sha256}", "0".repeat(64))
      .replace(/\{(?:service|connection|plugin|fleet)\}/, nowhere) + query;
  const body = (await bodies[name]?.()) ?? endpoint.example ?? {};
  const isStream = name === "cloud.restore" || name === "blobs.put";
  return cloud.call(endpoint.method, path, {
    token,
    project: endpoint.scope === "project" && uuid === undefined ? projects[side] : projects.own,
    ...(isStream
      ? { raw: "no backup", headers: { "content-type": "application/octet-stream" } }
      : endpoint.body
        ? { body }
        : {}),
  });
};

/** What the table says, restated from its rows and not from the code that reads them. */
const allows = (endpoint: Endpoint, caller: Caller): boolean => {
  const { allow } = policyTable[endpoint.action as keyof typeof policyTable] as PolicyRow;
  if (caller === "admin" || allow === "anyone") return true;
  return allow !== "admin" && (allow as readonly string[]).includes(caller);
};

beforeAll(async () => {
  cloud = await openTestCloud();
  for (const side of ["own", "foreign"] as const)
    projects[side] = (await made("POST", "/api/projects", { name: unused() })).uuid;
  tokens.set("admin", cloud.admin);
  for (const role of ["manager", "user", "auditor"] as const)
    tokens.set(role, await newMember("own", role));
}, 60_000);
afterAll(() => cloud.close());

describe("cross-tenant matrix", () => {
  it("classifies every route: an action of the table, and a resource that this file can make", () => {
    for (const [name, endpoint] of endpoints) {
      if (endpoint.action === "public") expect(endpoint.scope, name).toBe("public");
      else expect(isAction(endpoint.action), `${name} has no row in the policy table`).toBe(true);
      if (endpoint.path.includes("{uuid}"))
        expect(Object.keys(resources), `${name} is about something unknown`).toContain(
          nounOf(endpoint),
        );
    }
  });

  it.each(endpoints)("%s is served", async (name, endpoint) => {
    const uuid = endpoint.path.includes("{uuid}") ? nowhere : undefined;
    const answer = await probe(name, endpoint, "anonymous", "own", uuid);
    expect(answer.code).not.toBe("request.not-found");
    expect(answer.code).not.toBe("request.method-not-allowed");
    if (endpoint.action !== "public")
      expect([answer.status, answer.code]).toEqual([401, "auth.required"]);
  });

  const guarded = endpoints.filter(([, { action }]) => action !== "public");
  const signedIn = callers.filter((caller) => caller !== "anonymous");

  it.each(
    guarded.flatMap(([name, endpoint]) =>
      signedIn.map((caller) => [name, caller, endpoint] as const),
    ),
  )("%s as %s in the own project", async (name, caller, endpoint) => {
    const resource = endpoint.path.includes("{uuid}") ? resources[nounOf(endpoint)] : undefined;
    const isCreator = name === "credentials.remove" && caller === "auditor";
    const answer = await probe(name, endpoint, caller, "own", await resource?.make("own", caller));
    if (allows(endpoint, caller)) {
      expect(answer.code, answer.text).not.toBe("policy.denied");
      // An auditor may make no credential, so there is none of theirs to remove.
      if (!isCreator) expect(answer.code).not.toBe(resource?.code ?? "none");
      expect(answer.status).not.toBe(401);
      expect(answer.status).not.toBe(500);
    } else expect([answer.status, answer.code]).toEqual([403, "policy.denied"]);
  });

  const tenants = signedIn.filter((caller) => caller !== "admin");
  const foreignable = guarded.filter(
    ([, endpoint]) =>
      endpoint.scope === "project" ||
      (endpoint.path.includes("{uuid}") && nounOf(endpoint) !== "users"),
  );
  it.each(
    foreignable.flatMap(([name, endpoint]) =>
      tenants.map((caller) => [name, caller, endpoint] as const),
    ),
  )("%s as %s in a foreign project: as if it were not there", async (name, caller, endpoint) => {
    const resource = endpoint.path.includes("{uuid}") ? resources[nounOf(endpoint)] : undefined;
    const answer = await probe(
      name,
      endpoint,
      caller,
      "foreign",
      await resource?.make("foreign", caller),
    );
    if (!resource) {
      expect([answer.status, answer.code]).toEqual([404, "project.not-found"]);
      return;
    }
    const expected = allows(endpoint, caller) ? [404, resource.code] : [403, "policy.denied"];
    expect([answer.status, answer.code], answer.text).toEqual(expected);
    const nothing = await probe(name, endpoint, caller, "foreign", nowhere);
    expect(answer.text).toBe(nothing.text);
  });

  it("has met no fault of ours", () => {
    expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
  });
});

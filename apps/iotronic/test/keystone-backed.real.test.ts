// A cloud whose people are those of Debian's Keystone: the conformance file of the original's API, OpenStack's own client, and what
// becomes of everybody when the Keystone ends something, or is away, slow, restarted, or has new keys.
import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  openstackClient,
  type RunningKeystone,
  startKeystone,
} from "../../../scripts/real/openstack.ts";
import { debianPython } from "../../../scripts/real/unpacked.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { steps } from "./iotronic-v1/conformance.ts";
import { createRun } from "./iotronic-v1/run.ts";
import { type Stage, stageOf } from "./iotronic-v1/stage.ts";
import type { Step } from "./iotronic-v1/step.ts";
import { keystoneToken, password, people, tokensOfAll } from "./keystone/people.ts";
import { fillKeystone, type KeystoneEstate } from "./keystone/real.ts";
import { openRelay, type Relay } from "./keystone/relay.ts";

/** Within this a revocation is seen: the longest that can be set is 60 s. */
const cacheForS = 3;
const timeoutMs = 2_000;
let keystone: RunningKeystone;
let estate: KeystoneEstate;
let relay: Relay;
let cloud: TestCloud;
let stage: Stage;
let run: (step: Step) => Promise<string | undefined>;

/** A cloud that reads people by an account which may change nothing. */
const openCloud = (url: string, more: readonly string[] = []): Promise<TestCloud> =>
  openTestCloud({}, [
    ...["--identity.driver", "keystone", "--identity.keystone.url", url],
    ...["--identity.keystone.user", estate.account.user],
    ...["--identity.keystone.secret", estate.account.password],
    ...["--identity.keystone.admin-project", "harbour"],
    ...["--identity.keystone.cache-for", `${cacheForS}`],
    ...["--identity.keystone.timeout", `${timeoutMs}`],
    ...more,
  ]);

beforeAll(async () => {
  keystone = await startKeystone();
  estate = await fillKeystone(keystone.url, keystone.password);
  relay = await openRelay(keystone.url);
  cloud = await openCloud(relay.url);
  stage = await stageOf(cloud, await tokensOfAll(keystone.url));
  run = createRun(stage);
}, 300_000);
afterAll(async () => {
  await stage?.close();
  await relay?.close();
  await keystone?.stop();
}, 60_000);

describe("the original's API", () => {
  it.each(steps)("$reference: $says ($method $path)", async (step) => {
    const wrong = await run(step);
    if (wrong !== undefined) throw new TypeError(wrong);
  });
});

describe("OpenStack's own client", () => {
  const openstack = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const client = openstackClient();
      if (!client) throw new Error("it is not there: npm run test:real brings it");
      const env = {
        ...{ ...process.env, ...client.env, OS_AUTH_URL: `${keystone.url}/v3` },
        ...{ OS_USERNAME: people.manager.name, OS_PASSWORD: password, OS_PROJECT_NAME: "harbour" },
        ...{ OS_USER_DOMAIN_ID: "default", OS_PROJECT_DOMAIN_ID: "default" },
        OS_IDENTITY_API_VERSION: "3",
      };
      execFile(debianPython, [client.program, ...args], { env }, (error, out, said) =>
        error ? reject(new Error(said)) : resolve(out),
      );
    });

  it("issues a token that is good here, at every edge and in either spelling", async () => {
    const { id, project_id } = JSON.parse(await openstack("token", "issue", "-f", "json"));
    for (const headers of [{ "x-auth-token": id }, { authorization: `Bearer ${id}` }] as Record<
      string,
      string
    >[]) {
      expect((await cloud.call("GET", "/v1/boards", { headers })).status).toBe(200);
      const session = await cloud.call("GET", "/api/session", { headers });
      expect(session.body.project.replaceAll("-", "")).toBe(project_id);
    }
    const made = await cloud.call("POST", "/v1/boards", {
      headers: { "x-auth-token": id },
      body: {
        ...{ name: "by-token", code: "by-token-code", type: "gateway" },
        location: [{ latitude: "38.2", longitude: "15.5", altitude: "0" }],
      },
    });
    expect(made.status, made.text).toBeLessThan(300);
  }, 60_000);

  it("finds the cloud in the catalogue, once however often it was told, and where it is now", async () => {
    const admin = { user: "admin", password: keystone.password, project: "admin" };
    const register = async (address: string) => {
      const own = await openCloud(keystone.url, [
        ...["--identity.keystone.user", admin.user, "--identity.keystone.secret", admin.password],
        ...["--identity.keystone.project", admin.project, "--identity.keystone.register", address],
      ]);
      const isThere = async () =>
        (await estate.ask("GET", "/endpoints")).endpoints.filter(
          ({ url }: { url: string }) => url === address,
        ).length;
      await expect.poll(isThere, { timeout: 30_000, interval: 200 }).toBe(3);
      await own.close();
    };
    await register("http://127.0.0.1:8812");
    await register("http://127.0.0.1:8812");
    await register("http://127.0.0.2:8812");
    const { services } = await estate.ask("GET", "/services?type=iot");
    expect(services).toHaveLength(1);
    const { endpoints } = await estate.ask("GET", `/endpoints?service_id=${services[0].id}`);
    expect(
      endpoints
        .map((row: { interface: string; url: string }) => `${row.interface} ${row.url}`)
        .sort(),
    ).toEqual(["admin", "internal", "public"].map((face) => `${face} http://127.0.0.2:8812`));
    expect(await openstack("catalog", "list")).toContain("http://127.0.0.2:8812");
  }, 120_000);
});

describe("what the Keystone ends", () => {
  const boards = (token: string) => cloud.call("GET", "/api/boards", { token });
  const signIn = async (name: string): Promise<string> =>
    (
      await cloud.call("POST", "/api/session", {
        body: { method: "password", name, password },
      })
    ).body.token;
  /** How long it takes until an answer has this code, in s. */
  const until = async (token: string, code: string | undefined, withinS = cacheForS + 2) => {
    const startedMs = performance.now();
    await expect
      .poll(async () => (await boards(token)).code, { timeout: withinS * 1_000, interval: 50 })
      .toBe(code);
    return (performance.now() - startedMs) / 1_000;
  };
  const both = async (name: string) => {
    const token = await keystoneToken(keystone.url, name, "harbour");
    const session = await signIn(name);
    for (const each of [token, session]) expect((await boards(each)).status).toBe(200);
    return { token, session };
  };

  it("a token that is revoked is nothing within the time that is said", async () => {
    await estate.addPerson("rosa", "harbour", "manager_iot_project");
    const { token, session } = await both("rosa");
    await fetch(`${keystone.url}/v3/auth/tokens`, {
      method: "DELETE",
      headers: { "x-auth-token": token, "x-subject-token": token, connection: "close" },
    });
    expect(await until(token, "auth.required")).toBeLessThan(cacheForS + 1);
    // The session stands on a token of its own.
    expect((await boards(session)).status).toBe(200);
  });

  it("a person who is disabled is nobody, and somebody again afterwards", async () => {
    const id = await estate.addPerson("dino", "harbour", "user_iot");
    const { token, session } = await both("dino");
    await estate.ask("PATCH", `/users/${id}`, { user: { enabled: false } });
    for (const each of [token, session]) await until(each, "auth.required");
    expect(await signIn("dino")).toBeUndefined();
    await estate.ask("PATCH", `/users/${id}`, { user: { enabled: true } });
    const again = await both("dino");
    expect(again.token).not.toBe(token);
  }, 30_000);

  it("a project that is disabled is nobody's", async () => {
    const { token, session } = await both(people.user.name);
    const path = `/projects/${estate.projectId("harbour")}`;
    await estate.ask("PATCH", path, { project: { enabled: false } });
    await until(token, "auth.required");
    await until(session, "policy.denied");
    // It keeps itself that a person's project was disabled, for a while longer; who comes with a new token is not concerned.
    await estate.ask("PATCH", path, { project: { enabled: true } });
    const again = await keystoneToken(keystone.url, people.user.name, "harbour");
    expect((await boards(again)).status).toBe(200);
  }, 30_000);

  it("a role that is taken is had no more; one that says nothing here never was", async () => {
    const id = await estate.addPerson("tea", "harbour", "manager_iot_project");
    const { token, session } = await both("tea");
    const { role_assignments: rows } = await estate.ask(
      ...(["GET", `/role_assignments?user.id=${id}`] as const),
    );
    const path = `/projects/${estate.projectId("harbour")}/users/${id}/roles/${rows[0].role.id}`;
    await estate.ask("DELETE", path);
    await until(token, "auth.required");
    await until(session, "policy.denied");
    const guest = await keystoneToken(keystone.url, people.guest.name, "harbour");
    expect(await boards(guest)).toMatchObject({ status: 403, code: "auth.no-role" });
    const unscoped = await keystoneToken(keystone.url, people.manager.name, undefined);
    expect(await boards(unscoped)).toMatchObject({ status: 403, code: "auth.no-role" });
  }, 30_000);

  it("a token that is altered in any place is nothing", async () => {
    const { token } = await both(people.manager.name);
    for (const at of [6, 20, Math.floor(token.length / 2), token.length - 4]) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(await boards(changed), `at ${at}`).toMatchObject({ status: 401 });
    }
    expect((await boards(token)).status).toBe(200);
  });

  it("signing out ends the session's token there, too", async () => {
    const { session } = await both(people.manager.name);
    const before = await cloud.call("DELETE", "/api/session", { token: session });
    expect(before.status).toBe(204);
    expect(await boards(session)).toMatchObject({ code: "auth.required" });
    expect(JSON.stringify(cloud.complaints)).not.toContain("could not be ended");
  });

  it("slow: those who are known stay until their time, nobody waits longer than is said", async () => {
    const { token } = await both(people.manager.name);
    relay.delayMs = timeoutMs * 2;
    expect((await boards(token)).status).toBe(200);
    const startedMs = performance.now();
    await until(token, "identity.unavailable", cacheForS + timeoutMs / 1_000 + 2);
    const many = await Promise.all(
      Array.from({ length: 300 }, (_, i) => boards(`${token.slice(0, -4)}${1_000 + i}`)),
    );
    expect(new Set(many.map(({ code }) => code))).toEqual(new Set(["identity.unavailable"]));
    expect(performance.now() - startedMs).toBeLessThan(cacheForS * 1_000 + timeoutMs * 4);
    // Boards do not wait for it.
    expect((await cloud.call("GET", "/healthz")).status).toBe(200);
    relay.delayMs = 0;
    await until(token, undefined);
  }, 60_000);

  it("away, then restarted: nobody gets in meanwhile, and everybody by themselves afterwards", async () => {
    const { token, session } = await both(people.manager.name);
    const fresh = await keystoneToken(keystone.url, people.auditor.name, "harbour");
    await keystone.rest();
    expect(await boards(fresh)).toMatchObject({ status: 503, code: "identity.unavailable" });
    for (const each of [token, session]) await until(each, "identity.unavailable");
    expect(Number((await boards(token)).headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await cloud.call("GET", "/readyz")).body.identity).toBe("away");
    await keystone.wake();
    for (const each of [token, session, fresh]) await until(each, undefined, 20);
    expect((await cloud.call("GET", "/readyz")).body.identity).toBe("reachable");
  }, 180_000);

  it("keys that are rotated change nothing; tokens of other keys are nothing, the cloud's own too", async () => {
    const { token, session } = await both(people.manager.name);
    await keystone.rotateKeys();
    await keystone.rest();
    await keystone.wake();
    for (const each of [token, session]) await until(each, undefined, 20);
    await keystone.rest();
    // As those of another Keystone with the same people are.
    await keystone.replaceKeys();
    await keystone.wake();
    for (const each of [token, session]) await until(each, "auth.required", 20);
    await both(people.manager.name);
  }, 240_000);

  it("a token whose time is over is nothing, and a session that stands on one", async () => {
    await keystone.rest();
    await keystone.wake({ tokenLifeS: 8 });
    const { token, session } = await both(people.manager.name);
    const shown = await cloud.call("GET", "/api/tokens", { token: session });
    const own = shown.body.items.find((row: { current: boolean }) => row.current);
    expect(Date.parse(own.expiresAt) - Date.now()).toBeLessThan(8_000);
    await until(token, "auth.required", 15);
    await until(session, "auth.expired", 15);
  }, 120_000);

  it("no token is in what was logged", () => {
    expect(JSON.stringify(cloud.complaints)).not.toMatch(/gAAAA/);
  });
});

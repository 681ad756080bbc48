// Signing in by somebody else's page: by a real provider, and by one that forges.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import {
  browse,
  client,
  type Forgery,
  type OidcPeer,
  openForger,
  openOidcPeer,
} from "./oidc-peer.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let peer: OidcPeer;
let forger: Awaited<ReturnType<typeof openForger>>;
const folder = mkdtempSync(join(tmpdir(), "s4t-oidc-"));

/** A port that the cloud can have: providers must know where browsers come back to before it starts. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  const port = await promise;
  server.close();
  return port;
};

beforeAll(async () => {
  const port = await freePort();
  peer = await openOidcPeer(`http://127.0.0.1:${port}/api/oidc/city/callback`);
  forger = await openForger();
  const of = (name: string, issuer: string, more = {}) => ({
    ...{ name, issuer, clientId: client.id, clientSecret: client.secret },
    ...more,
  });
  const file = join(folder, "oidc.json");
  writeFileSync(
    file,
    JSON.stringify([
      of("city", peer.url, {
        title: "The city",
        provision: true,
        linkByMail: true,
        roles: [
          { claim: "groups", value: "boards", project: "default", role: "user" },
          { claim: "groups", value: "chiefs", project: "default", role: "manager" },
          { claim: "groups", value: "root", role: "admin" },
        ],
      }),
      of("forger", forger.url, { provision: true }),
      of("strict", forger.url),
      of("away", "http://127.0.0.1:1"),
    ]),
  );
  cloud = await openTestCloud({}, ["--identity.oidc", file, "--port", String(port)]);
}, 60_000);
afterAll(async () => {
  await cloud?.close();
  peer?.close();
  forger?.close();
  rmSync(folder, { recursive: true });
});

const startOf = (provider: string, more = "") => `${cloud.url}/api/oidc/${provider}${more}`;
/** Signs in as somebody at the real provider; answers the session, or where the browser ends up. */
const enter = async (name: string, more = "") => {
  const browser = browse();
  const back = await browser.signInAt(startOf("city", more), peer.url, name);
  const answer = await browser.go(back);
  const token = browser.jars.get(new URL(cloud.url).host)?.get("s4t_session");
  const session = token ? (await cloud.call("GET", "/api/session", { token })).body : undefined;
  return { browser, back, answer, token, session, to: answer.headers.get("location") ?? "" };
};
const problemOf = (to: string): string | null => new URL(to, cloud.url).searchParams.get("problem");
/** By the forger. */
const enterForged = async (forgery: Forgery, provider = "forger") => {
  forger.forge(forgery);
  const browser = browse();
  try {
    const back = await browser.signInAt(startOf(provider), forger.url, "");
    const answer = await browser.go(back);
    return { browser, back, to: answer.headers.get("location") ?? "" };
  } finally {
    forger.forge({});
  }
};

describe("by a real provider", () => {
  it("is offered, and makes somebody new a user with the roles that the provider's word gives", async () => {
    expect((await cloud.call("GET", "/api/ways-in")).body.oidc).toContainEqual({
      ...{ name: "city", title: "The city" },
    });
    peer.people.set("sub-anna", {
      ...{ preferred_username: "anna", groups: ["boards", "other"] },
      ...{ email: "Anna@example.org", email_verified: true },
    });
    const { session, to, answer } = await enter("sub-anna", "?next=/default/boards");
    expect([answer.status, to]).toEqual([302, "/app/default/boards"]);
    const [ticket, cookie] = answer.headers.getSetCookie();
    expect(ticket).toMatch(/^s4t_oidc=; Path=\/api\/oidc; HttpOnly; SameSite=Lax; Max-Age=0$/);
    expect(cookie).toMatch(/^s4t_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/);
    expect(session.user).toMatchObject({
      ...{ name: "anna", admin: false, mail: "anna@example.org", mailVerified: true },
    });
    expect(session.projects).toMatchObject([{ name: "default", role: "user" }]);
    const { body } = await cloud.call("GET", "/api/audit?action=session.start&limit=1", {
      token: cloud.admin,
      project: "all",
    });
    expect(body.items[0]).toMatchObject({
      ...{ status: "done", facts: { method: "oidc", by: "city" } },
    });
  });
  it("knows them again whatever they are called by then, and follows the provider's word on roles", async () => {
    const first = await enter("sub-anna");
    peer.people.set("sub-anna", { preferred_username: "anna-2", groups: ["chiefs", "boards"] });
    const second = await enter("sub-anna");
    expect(second.session.user.uuid).toBe(first.session.user.uuid);
    expect(second.session.projects).toMatchObject([{ name: "default", role: "manager" }]);
    peer.people.set("sub-anna", { preferred_username: "anna", groups: [] });
    expect((await enter("sub-anna")).session.projects).toEqual([]);
    // What the earlier session could, it can no more.
    expect((await cloud.call("GET", "/api/boards", { token: second.token })).code).toBe(
      "policy.denied",
    );
    peer.people.set("sub-anna", { preferred_username: "anna", groups: ["root"] });
    expect((await enter("sub-anna")).session.user.admin).toBe(true);
  });
  it("takes nobody's name: a person of that name stays another one", async () => {
    await cloud.call("POST", "/api/users", {
      token: cloud.admin,
      body: { name: "bruno", password },
    });
    peer.people.set("sub-bruno", { preferred_username: "bruno" });
    expect((await enter("sub-bruno")).session.user.name).toBe("bruno-2");
    peer.people.set("sub-admin", { preferred_username: "admin" });
    expect((await enter("sub-admin")).session.user).toMatchObject({
      name: "admin-2",
      admin: false,
    });
  });
  it("is somebody of before only by an address that is proved at both", async () => {
    const make = async (name: string, proved: boolean) => {
      const mail = `${name}@example.org`;
      await cloud.call("POST", "/api/users", {
        token: cloud.admin,
        body: { name, password, mail },
      });
      if (proved)
        await cloud.sql("update identity_users set mail_verified_at = 1 where name = ?", name);
      return mail;
    };
    const linked = async (name: string, verifiedHere: boolean, email_verified: unknown) => {
      const email = await make(name, verifiedHere);
      peer.people.set(`sub-${name}`, { preferred_username: `x-${name}`, email, email_verified });
      return (await enter(`sub-${name}`)).session.user.name;
    };
    expect(await linked("both", true, true)).toBe("both");
    expect(await linked("here", true, false)).toBe("x-here");
    expect(await linked("text", true, "true")).toBe("x-text");
    expect(await linked("there", false, true)).toBe("x-there");
  });
  it("lets nobody in who is disabled here", async () => {
    peer.people.set("sub-carla", { preferred_username: "carla" });
    const { token, session } = await enter("sub-carla");
    await cloud.call("PATCH", `/api/users/${session.user.uuid}`, {
      token: cloud.admin,
      body: { status: "disabled" },
    });
    expect((await cloud.call("GET", "/api/session", { token })).code).toBe("auth.required");
    const again = await enter("sub-carla");
    expect([again.token, problemOf(again.to)]).toEqual([undefined, "oidc.nobody"]);
  });
  it("gives one user to one person who comes twice at once", async () => {
    peer.people.set("sub-twice", { preferred_username: "twice" });
    const all = await Promise.all([enter("sub-twice"), enter("sub-twice"), enter("sub-twice")]);
    const ids = new Set(all.flatMap(({ session }) => (session ? [session.user.uuid] : [])));
    expect(ids.size).toBe(1);
    const rows = await cloud.sql("select name from identity_users where name like 'twice%'");
    expect(rows).toHaveLength(1);
  });
});

describe("the way back", () => {
  const away = async () => {
    peer.people.set("sub-dora", { preferred_username: "dora" });
    const browser = browse();
    return { browser, back: await browser.signInAt(startOf("city"), peer.url, "sub-dora") };
  };
  const refused = async (browser: ReturnType<typeof browse>, at: string) => {
    const answer = await browser.go(at);
    expect(browser.jars.get(new URL(cloud.url).host)?.has("s4t_session") ?? false).toBe(false);
    expect(problemOf(answer.headers.get("location") ?? "")).toBe("oidc.refused");
  };
  it("is good in the browser that began, once", async () => {
    const { browser, back } = await away();
    // Somebody else's browser, led there: it would be signed in as who began.
    await refused(browse(), back);
    expect((await browser.go(back)).headers.get("location")).toBe("/app/");
    await refused(browse(), back);
    browser.jars.get(new URL(cloud.url).host)?.delete("s4t_session");
    await refused(browser, back);
  });
  it.each(["state", "code", "iss"])("with another %s is refused", async (member) => {
    const { browser, back } = await away();
    const jar = browser.jars.get(new URL(cloud.url).host);
    const ticket = jar?.get("s4t_oidc") ?? "";
    const altered = new URL(back);
    altered.searchParams.set(member, "altered");
    await refused(browser, altered.href);
    expect(ticket).toHaveLength(43);
    jar?.set("s4t_oidc", ticket); // a browser that does not forget it
    // And what was altered has used the right one up.
    await refused(browser, back);
  });
  it("that says that the person declined tells so", async () => {
    const { browser, back } = await away();
    const declined = new URL(back);
    declined.searchParams.delete("code");
    declined.searchParams.set("error", "access_denied");
    const answer = await browser.go(declined.href);
    expect(problemOf(answer.headers.get("location") ?? "")).toBe("oidc.refused");
    expect(cloud.complaints.some((line) => JSON.stringify(line).includes("access_denied"))).toBe(
      true,
    );
  });
  it("of one provider is not good for another", async () => {
    const { browser, back } = await away();
    await refused(browser, back.replace("/city/", "/forger/"));
  });
  it("leads nowhere outside", async () => {
    for (const next of [
      "//evil.example",
      "https://evil.example",
      "/\\evil.example",
      "/%0d%0ax: y",
    ]) {
      peer.people.set("sub-dora", { preferred_username: "dora" });
      const { to } = await enter("sub-dora", `?next=${encodeURIComponent(next)}`);
      expect(new URL(to, cloud.url).origin, next).toBe(cloud.url);
    }
  });
  it("begins where it comes back to, so that its cookie is there", async () => {
    const { port } = new URL(cloud.url);
    const answer = await fetch(`http://localhost:${port}/api/oidc/city?next=/x`, {
      redirect: "manual",
    });
    expect(answer.headers.get("location")).toBe(`${cloud.url}/api/oidc/city?next=/x`);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe("a command line", () => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const codeFor = async (): Promise<string> => {
    peer.people.set("sub-ezio", { preferred_username: "ezio" });
    const { to, token } = await enter("sub-ezio", `?loopback=40404&challenge=${challenge}`);
    expect(token).toBeUndefined(); // the browser is signed in to nothing
    const back = new URL(to);
    expect([back.origin, back.pathname]).toEqual(["http://127.0.0.1:40404", "/"]);
    return back.searchParams.get("code") ?? "";
  };
  const exchange = (code: string, word = verifier) =>
    cloud.call("POST", "/api/session", { body: { method: "oidc", code, verifier: word } });
  it("gets on loopback what only it can use, once", async () => {
    const code = await codeFor();
    const { status, body } = await exchange(code);
    expect([status, body.session.user.name]).toEqual([200, "ezio"]);
    expect((await exchange(code)).code).toBe("auth.link-invalid");
  });
  it("whoever else has seen it can not, and has spoilt it", async () => {
    const code = await codeFor();
    expect((await exchange(code, "x".repeat(43))).code).toBe("auth.link-invalid");
    expect((await exchange(code)).code).toBe("auth.link-invalid");
  });
  it("has its person asked anew, so that no page signs one in behind their back", async () => {
    const query = `?loopback=40404&challenge=${challenge}`;
    const answer = await fetch(startOf("city", query), { redirect: "manual" });
    expect(answer.headers.get("location")).toContain("prompt=login");
    for (const bad of ["?loopback=80&challenge=x", "?loopback=40404", "?loopback=a&challenge=b"]) {
      const { status, headers } = await fetch(startOf("city", bad), { redirect: "manual" });
      expect([status, problemOf(headers.get("location") ?? "")]).toEqual([302, "request.invalid"]);
    }
  });
});

describe("a forger", () => {
  const now = () => Math.floor(Date.now() / 1_000);
  it("who forges nothing gets in, and nobody where nobody new is made", async () => {
    expect((await enterForged({})).to).toBe("/app/");
    const strict = await enterForged({ claims: { sub: "somebody-else" } }, "strict");
    expect(problemOf(strict.to)).toBe("oidc.nobody");
  });
  it("is not believed about an address where its provider is not", async () => {
    const email = "victim@example.org";
    const claims = { sub: "mailer", preferred_username: "mailer", email, email_verified: true };
    const { browser } = await enterForged({ claims });
    const token = browser.jars.get(new URL(cloud.url).host)?.get("s4t_session") ?? "";
    expect((await cloud.call("GET", "/api/session", { token })).body.user).toMatchObject({
      ...{ name: "mailer", mail: email, mailVerified: false },
    });
  });
  it.each<[string, () => Forgery]>([
    ["another issuer", () => ({ claims: { iss: "https://other.example" } })],
    ["another audience", () => ({ claims: { aud: "somebody" } })],
    ["another party", () => ({ claims: { aud: [client.id, "x"], azp: "x" } })],
    ["another nonce", () => ({ claims: { nonce: "another" } })],
    ["no nonce", () => ({ claims: { nonce: undefined } })],
    ["no subject", () => ({ claims: { sub: undefined } })],
    ["a time that has passed", () => ({ claims: { exp: now() - 120, iat: now() - 400 } })],
    ["a foreign signature", () => ({ signature: "foreign" })],
    ["no signature", () => ({ header: { alg: "none" }, signature: "none" })],
    ["a key that is none", () => ({ header: { kid: "other" }, signature: "foreign" })],
    ["an answer of somebody else's", () => ({ iss: "https://other.example" })],
  ])("with %s is refused", async (_, forgery) => {
    const { to, browser } = await enterForged(forgery());
    expect(problemOf(to)).toBe("oidc.refused");
    expect(browser.jars.get(new URL(cloud.url).host)?.has("s4t_session") ?? false).toBe(false);
  });
});

describe("a provider that is away", () => {
  it("is told as that, before and after the person was there", async () => {
    const answer = await fetch(startOf("away"), { redirect: "manual" });
    expect(problemOf(answer.headers.get("location") ?? "")).toBe("oidc.unavailable");
    const browser = browse();
    const back = await browser.signInAt(startOf("forger"), forger.url, "");
    forger.forge({ isSilent: true });
    const late = await browser.go(back);
    forger.forge({});
    expect(problemOf(late.headers.get("location") ?? "")).toBe("oidc.unavailable");
    // Who signs in by name and password does not notice.
    expect(await cloud.signIn("admin", cloud.password)).toBeTruthy();
  });
  it("that nobody knows is not there", async () => {
    const answer = await fetch(startOf("nobody"), { redirect: "manual" });
    expect(problemOf(answer.headers.get("location") ?? "")).toBe("oidc.not-found");
  });
});

// The last: who guesses keeps their whole address waiting.
describe("who has no code", () => {
  it("guesses none: it waits longer from try to try, and no try that waits is put on record", async () => {
    const guess = () => {
      const [code, verifier] = [randomBytes(32), randomBytes(32)].map((b) =>
        b.toString("base64url"),
      );
      return cloud.call("POST", "/api/session", { body: { method: "oidc", code, verifier } });
    };
    let tries = 0;
    while ((await guess()).code !== "auth.throttled") {
      tries += 1;
      expect(tries).toBeLessThan(40);
    }
    const denied = "select count(*) as n from audit_entries";
    const before = await cloud.sql(denied);
    for (let i = 0; i < 5; i += 1) expect((await guess()).status).toBe(429);
    expect(await cloud.sql(denied)).toEqual(before);
  });
});

// What a token makes, sees and ends: no more than it is itself.
import { systemClock } from "@s4t/kit";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";

const password = "correct horse battery staple";
const domain = { id: "default" };
let cloud: TestCloud;
let aheadMs = 0;
beforeAll(async () => {
  cloud = await openTestCloud({
    clock: { ...systemClock, now: () => systemClock.now() + aheadMs },
  });
}, 60_000);
afterAll(() => cloud.close());
afterEach(() => {
  aheadMs = 0;
});

let count = 0;
/** A manager of two projects, signed in. */
const aMember = async () => {
  count += 1;
  const admin = (method: string, path: string, body: object) =>
    cloud.call(method, path, { token: cloud.admin, body });
  const name = `member-${count}`;
  const user = (await admin("POST", "/api/users", { name, password })).body;
  const projects: string[] = [];
  for (const which of ["one", "two"]) {
    const { uuid } = (await admin("POST", "/api/projects", { name: `${which}-${count}` })).body;
    await admin("PUT", `/api/projects/${uuid}/members/${user.uuid}`, { role: "manager" });
    projects.push(uuid);
  }
  const [one = "", two = ""] = projects;
  return { name, one, two, session: await cloud.signIn(name, password) };
};
const v3Token = async (identity: object, project: string): Promise<string> => {
  const { headers } = await cloud.call("POST", "/identity/v3/auth/tokens", {
    body: { auth: { identity, scope: { project: { id: project } } } },
  });
  return headers.get("x-subject-token") ?? "";
};
const byPassword = (name: string, project: string) =>
  v3Token({ methods: ["password"], password: { user: { name, domain, password } } }, project);
const byToken = (id: string, project: string) =>
  v3Token({ methods: ["token"], token: { id } }, project);
const personal = async (token: string, expiresInS: number, name = "script") =>
  (await cloud.call("POST", "/api/tokens", { token, body: { name, expiresInS } })).body;
const credential = async (token: string, name: string, project?: string) =>
  (await cloud.call("POST", "/api/credentials", { token, project, body: { name } })).body;
const works = async (token: string): Promise<boolean> =>
  (await cloud.call("GET", "/api/session", { token })).status === 200;
const opens = async ({
  secret,
  credential: made,
}: {
  secret: string;
  credential: { uuid: string };
}) =>
  (
    await cloud.call("POST", "/api/session", {
      body: { method: "credential", id: made.uuid, secret },
    })
  ).status === 200;
const names = async (token: string, list: "tokens" | "credentials") =>
  (await cloud.call("GET", `/api/${list}`, { token })).body.items.map(
    (row: { name: string }) => row.name,
  );

it("a person's token makes none that lasts longer, and what it made ends with it", async () => {
  const { session } = await aMember();
  const short = await personal(session, 60);
  const long = await personal(short.secret, 86_400, "longer");
  expect(long.token.expiresAt).toBe(short.token.expiresAt);
  const third = await personal(long.secret, 86_400, "third");
  expect(third.token.expiresAt).toBe(short.token.expiresAt);
  await cloud.call("DELETE", `/api/tokens/${short.token.uuid}`, { token: session });
  for (const { secret } of [short, long, third]) expect(await works(secret)).toBe(false);
  expect(await works(session)).toBe(true);
});

it("nor a credential, and one that was made with it goes with it", async () => {
  const { session, one } = await aMember();
  const short = await personal(session, 60);
  const made = await credential(short.secret, "dashboard", one);
  expect(made.credential.expiresAt).toBe(short.token.expiresAt);
  expect(await opens(made)).toBe(true);
  await cloud.call("DELETE", `/api/tokens/${short.token.uuid}`, { token: session });
  expect(await opens(made)).toBe(false);
  expect(await names(session, "credentials")).toEqual([]);
});

it("who signs in with a password makes a credential that stays, until somebody ends the token", async () => {
  const { session, name, one } = await aMember();
  const token = await byPassword(name, one);
  const made = await credential(token, "dashboard");
  expect(made.credential.expiresAt).toBeNull();
  aheadMs = 2 * 3_600_000;
  expect([await works(token), await opens(made)]).toEqual([false, true]);
  aheadMs = 0;
  const program = await cloud.call("POST", "/api/session", {
    body: { method: "credential", id: made.credential.uuid, secret: made.secret },
  });
  await cloud.call("DELETE", "/api/session", { token });
  expect([await opens(made), await works(program.body.token)]).toEqual([false, false]);
  const own = await credential(session, "own", one);
  await cloud.call("DELETE", "/api/session", { token: session });
  expect(await opens(own)).toBe(true);
});

it("a token that was made of another makes a credential for its own time", async () => {
  const { name, one } = await aMember();
  const made = await credential(await byToken(await byPassword(name, one), one), "derived");
  expect(Date.parse(made.credential.expiresAt)).toBeLessThanOrEqual(Date.now() + 3_600_000);
  expect(await opens(made)).toBe(true);
  aheadMs = 2 * 3_600_000;
  expect(await opens(made)).toBe(false);
});

it("a token that ended meanwhile makes no credential", async () => {
  const { session, one } = await aMember();
  const { credentials, sessions, tokens } = cloud.cloud.identity;
  const actor = await tokens.find(session);
  if (!actor || actor === "expired") throw new Error("no token");
  await sessions.signOut(actor);
  const late = credentials.create(actor, one as never, { name: "late" });
  await expect(late).rejects.toMatchObject({ code: "auth.required" });
});

it("one of a project knows itself and what it made, and the credentials of its project", async () => {
  const { session, name, one, two } = await aMember();
  await credential(session, "here", one);
  const there = await credential(session, "there", two);
  const other = await personal(session, 3_600, "other");
  const bound = await byPassword(name, one);
  const own = await personal(bound, 3_600, "own");
  expect(await names(bound, "tokens")).toEqual(["own", "identity v3"]);
  expect(await names(bound, "credentials")).toEqual(["here"]);
  const remove = (path: string) => cloud.call("DELETE", path, { token: bound });
  expect((await remove(`/api/tokens/${other.token.uuid}`)).code).toBe("token.not-found");
  for (const called of [there.credential.uuid, "there"])
    expect((await remove(`/api/credentials/${called}`)).code).toBe("credential.not-found");
  expect([await works(other.secret), await works(session), await opens(there)]).toEqual([
    ...[true, true, true],
  ]);
  expect((await remove(`/api/tokens/${own.token.uuid}`)).status).toBe(204);
  expect((await remove("/api/credentials/here")).status).toBe(204);
  const left = await names(session, "tokens");
  expect(left).toContain("other");
  expect(left).not.toContain("own");
});

it("what only looks like an id is a name", async () => {
  const name = "harbour1-named-almost-like-an-id-36c";
  expect(name).toHaveLength(36);
  const admin = { token: cloud.admin };
  const made = await cloud.call("POST", "/api/projects", { ...admin, body: { name } });
  expect((await cloud.call("GET", `/api/projects/${name}`, admin)).body.uuid).toBe(made.body.uuid);
  const user = await cloud.call("POST", "/api/users", { ...admin, body: { name, password } });
  expect((await cloud.call("GET", `/api/users/${name}`, admin)).body.uuid).toBe(user.body.uuid);
  expect(await cloud.signIn(name, password)).toHaveLength(43);
});

it("whom a Keystone vouched for before is nobody where none does: no session, no password", async () => {
  const { session, name } = await aMember();
  expect(await works(session)).toBe(true);
  const foreign = "a".repeat(32);
  // Nor are they somebody who is called as they were there.
  const namesake = { name: foreign, password, admin: true };
  await cloud.call("POST", "/api/users", { token: cloud.admin, body: namesake });
  await cloud.sql("update identity_users set foreign_id = ? where name = ?", foreign, name);
  cloud.cloud.identity.tokens.forget();
  expect(await works(session)).toBe(false);
  const body = { method: "password", name, password };
  expect((await cloud.call("POST", "/api/session", { body })).code).toBe("auth.failed");
});

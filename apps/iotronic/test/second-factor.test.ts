// A second factor: what a password alone does not open any more, and what never opens it.
import { systemClock } from "@s4t/kit";
import { Secret, TOTP, URI } from "otpauth";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TOTP_STEP_S } from "../src/modules/identity/totp.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { postFrom } from "./from-address.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let aheadMs = 0;
let count = 0;
beforeAll(async () => {
  cloud = await openTestCloud({
    clock: {
      ...systemClock,
      now: () => systemClock.now() + aheadMs,
      monotonicMs: () => systemClock.monotonicMs() + aheadMs,
    },
  });
}, 60_000);
afterAll(() => cloud.close());

const pass = (seconds: number): void => {
  aheadMs += seconds * 1_000;
};
// Wrong codes of the test before must not make this one wait.
beforeEach(() => pass(600));

/** Code of now, or of so many steps from now, as a foreign authenticator makes it. */
const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({
    timestamp: systemClock.now() + aheadMs + steps * TOTP_STEP_S * 1_000,
  });

const put = (token: string, path: string, body: unknown) =>
  cloud.call("PUT", `/api/session/second-factor${path}`, { token, body });
const statusOf = async (token: string) =>
  (await cloud.call("GET", "/api/session/second-factor", { token })).body;
const signIn = (name: string, code?: string): Promise<Answered> =>
  cloud.call("POST", "/api/session", {
    body: { method: "password", name, password, ...(code === undefined ? {} : { code }) },
  });
const aUser = async () => {
  count += 1;
  const name = `factor-${count}`;
  const made = await cloud.call("POST", "/api/users", {
    token: cloud.admin,
    body: { name, password },
  });
  return { name, uuid: made.body.uuid as string, token: await cloud.signIn(name, password) };
};
/** One whose second factor is on; the step of its code is used up. */
const aGuarded = async () => {
  const user = await aUser();
  const { body } = await put(user.token, "", { password });
  const confirmed = await put(user.token, "/confirmed", { code: codeOf(body.secret) });
  expect(confirmed.status, confirmed.text).toBe(200);
  const codes: string[] = confirmed.body.recoveryCodes;
  return { ...user, secret: body.secret as string, uri: body.uri as string, codes };
};

describe("putting it on", () => {
  it("counts only once a code of it came back, and gives ten recovery codes", async () => {
    const user = await aUser();
    expect(await statusOf(user.token)).toMatchObject({ status: "off", recoveryCodesLeft: 0 });
    const begun = await put(user.token, "", { password });
    expect(URI.parse(begun.body.uri)).toMatchObject({
      ...{ issuer: "Stack4Things", label: user.name },
      ...{ algorithm: "SHA1", digits: 6, period: TOTP_STEP_S },
      secret: { base32: begun.body.secret },
    });
    expect(await statusOf(user.token)).toMatchObject({ status: "pending" });
    expect((await signIn(user.name)).status).toBe(200);
    const wrong = await put(user.token, "/confirmed", { code: codeOf(begun.body.secret, 5) });
    expect([wrong.status, wrong.code]).toEqual([401, "auth.code-wrong"]);
    const right = await put(user.token, "/confirmed", { code: codeOf(begun.body.secret) });
    expect(new Set(right.body.recoveryCodes).size).toBe(10);
    expect(await statusOf(user.token)).toMatchObject({ status: "on", recoveryCodesLeft: 10 });
    expect((await signIn(user.name)).code).toBe("auth.code-needed");
  });
  it("asks for the password, so that who has found a session open locks nobody out", async () => {
    const user = await aUser();
    expect((await put(user.token, "", { password: "not that one" })).code).toBe("auth.failed");
    expect(await statusOf(user.token)).toMatchObject({ status: "off" });
  });
  it("does not replace one that is on", async () => {
    const user = await aGuarded();
    expect((await put(user.token, "", { password })).code).toBe("second-factor.on");
    expect((await put(user.token, "/confirmed", { code: "000000" })).code).toBe("second-factor.on");
    pass(TOTP_STEP_S);
    expect((await signIn(user.name, codeOf(user.secret))).status).toBe(200);
  });
  it("is no matter of a program's credential", async () => {
    const { body } = await cloud.call("POST", "/api/credentials", {
      token: cloud.admin,
      body: { name: "robot" },
    });
    const robot = await cloud.call("POST", "/api/session", {
      body: { method: "credential", id: body.credential.uuid, secret: body.secret },
    });
    expect((await put(robot.body.token, "", { password })).code).toBe("policy.denied");
  });
});

describe("signing in with it", () => {
  it("needs password and code; a wrong password says nothing of the code", async () => {
    const user = await aGuarded();
    pass(TOTP_STEP_S);
    expect((await signIn(user.name)).code).toBe("auth.code-needed");
    expect((await signIn(user.name, "123")).code).toBe("auth.code-wrong");
    const blind = await cloud.call("POST", "/api/session", {
      body: {
        ...{ method: "password", name: user.name, password: "not that one" },
        code: codeOf(user.secret),
      },
    });
    expect(blind.code).toBe("auth.failed");
    const right = await signIn(user.name, ` ${codeOf(user.secret).replace(/^.../, "$& ")}`);
    expect(right.status, right.text).toBe(200);
  });
  it("takes each code once, also when it comes many times at once", async () => {
    const user = await aGuarded();
    expect((await signIn(user.name, codeOf(user.secret))).code).toBe("auth.code-wrong");
    pass(TOTP_STEP_S);
    const code = codeOf(user.secret);
    const all = await Promise.all(Array.from({ length: 6 }, () => signIn(user.name, code)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    // The one of before, too: whoever has seen it typed must not use it after a later one.
    expect((await signIn(user.name, codeOf(user.secret, -1))).code).not.toBeUndefined();
  });
  it("takes a recovery code once, too, in whatever way it is typed", async () => {
    const user = await aGuarded();
    const [first = "", second = ""] = user.codes;
    const all = await Promise.all(Array.from({ length: 4 }, () => signIn(user.name, first)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await signIn(user.name, second.toUpperCase().replaceAll("-", " "))).status).toBe(200);
    expect(await statusOf(user.token)).toMatchObject({ recoveryCodesLeft: 8 });
    // Another's is none of theirs.
    const other = await aGuarded();
    expect((await signIn(user.name, other.codes[0])).code).toBe("auth.code-wrong");
  });
  it("makes who guesses codes wait, from wherever and whatever they get right in between", async () => {
    const user = await aGuarded();
    let host = 10;
    const guess = async (code?: string) => {
      host += 1;
      const body = { method: "password", name: user.name, password, ...(code ? { code } : {}) };
      return (await postFrom(host, cloud.url, "/api/session", body)).code;
    };
    for (let i = 0; i < 5; i += 1) {
      expect(await guess("000000")).toBe("auth.code-wrong");
      expect(await guess()).toBe("auth.code-needed");
    }
    expect(await guess(codeOf(user.secret, 1))).toBe("auth.throttled");
    pass(1);
    expect(await guess("000000")).toBe("auth.code-wrong");
    expect(await guess(user.codes[0])).toBe("auth.throttled");
    pass(2);
    expect(await guess(user.codes[0])).toBeUndefined();
    expect(await guess("000000")).toBe("auth.code-wrong");
    expect(await guess(user.codes[1])).toBeUndefined();
  });
  it("is on record: how it was proved, and who was refused", async () => {
    const user = await aGuarded();
    await signIn(user.name, "000000");
    await signIn(user.name, user.codes[0]);
    const { body } = await cloud.call("GET", "/api/audit?action=session.start&limit=2", {
      token: cloud.admin,
      project: "all",
    });
    expect(
      body.items.map(({ status, facts }: { status: string; facts: unknown }) => [status, facts]),
    ).toEqual([
      ["done", { method: "password", factor: "recovery" }],
      ["denied", { method: "totp" }],
    ]);
    expect(JSON.stringify(body)).not.toContain(user.codes[0]);
  });
});

describe("by the Identity API", () => {
  const domain = { id: "default" };
  const issue = (methods: string[], name: string, code?: string, of = name) =>
    cloud.call("POST", "/identity/v3/auth/tokens", {
      body: {
        auth: {
          identity: {
            methods,
            password: { user: { name, domain, password } },
            ...(code === undefined ? {} : { totp: { user: { name: of, domain, passcode: code } } }),
          },
        },
      },
    });
  it("a password alone is refused, and together with the method totp it is taken", async () => {
    const user = await aGuarded();
    pass(TOTP_STEP_S);
    expect((await issue(["password"], user.name)).status).toBe(401);
    const code = codeOf(user.secret);
    // A code beside methods that do not name it is not looked at.
    expect((await issue(["password"], user.name, code)).status).toBe(401);
    expect((await issue(["totp"], user.name, code)).status).toBe(401);
    const made = await issue(["password", "totp"], user.name, code);
    expect([made.status, made.body?.token?.methods]).toEqual([201, ["password", "totp"]]);
    expect((await issue(["password", "totp"], user.name, code)).status).toBe(401);
  });
  it("another's code proves nothing", async () => {
    const [user, other] = [await aGuarded(), await aGuarded()];
    pass(TOTP_STEP_S);
    const code = codeOf(other.secret);
    expect((await issue(["password", "totp"], user.name, code, other.name)).status).toBe(401);
    const own = codeOf(user.secret);
    expect((await issue(["password", "totp"], user.name, own, other.name)).status).toBe(401);
    expect((await issue(["password", "totp"], user.name, own)).status).toBe(201);
    expect((await signIn(other.name, code)).status).toBe(200);
  });
});

describe("taking it off", () => {
  it("needs a code of it", async () => {
    const user = await aGuarded();
    expect((await put(user.token, "/removed", { code: "000000" })).code).toBe("auth.code-wrong");
    const renewed = await put(user.token, "/recovery-codes", { code: user.codes[0] });
    expect(renewed.body.recoveryCodes).toHaveLength(10);
    expect((await put(user.token, "/removed", { code: user.codes[1] })).code).toBe(
      "auth.code-wrong",
    );
    const gone = await put(user.token, "/removed", { code: renewed.body.recoveryCodes[0] });
    expect(gone.status).toBe(204);
    expect((await signIn(user.name)).status).toBe(200);
    expect((await put(user.token, "/removed", { code: "000000" })).code).toBe("second-factor.off");
  });
  it("by an administrator is on record and ends their sessions", async () => {
    const user = await aGuarded();
    const shown = () => cloud.call("GET", `/api/users/${user.name}`, { token: cloud.admin });
    expect((await shown()).body.secondFactor).toBe(true);
    const path = `/api/users/${user.uuid}/second-factor`;
    expect((await cloud.call("DELETE", path, { token: user.token })).code).toBe("policy.denied");
    expect((await cloud.call("DELETE", path, { token: cloud.admin })).status).toBe(204);
    expect((await shown()).body.secondFactor).toBe(false);
    expect((await cloud.call("GET", "/api/session", { token: user.token })).code).toBe(
      "auth.required",
    );
    expect((await signIn(user.name)).status).toBe(200);
    const { body } = await cloud.call("GET", "/api/audit?action=user.reset-second-factor&limit=1", {
      token: cloud.admin,
      project: "all",
    });
    expect(body.items[0].resource).toMatchObject({ uuid: user.uuid });
  });
});

it("neither its secret nor a recovery code stands in the database", async () => {
  const user = await aGuarded();
  const [row] = await cloud.sql(
    "select secret from identity_second_factors where user_id = ?",
    user.uuid,
  );
  const stored = Buffer.from(String(row?.secret), "base64");
  expect(stored.includes(Buffer.from(Secret.fromBase32(user.secret).bytes))).toBe(false);
  const hashes = await cloud.sql(
    "select hash from identity_recovery_codes where user_id = ?",
    user.uuid,
  );
  expect(hashes).toHaveLength(10);
  for (const { hash } of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  // Locked to its user: put into another's row it opens nothing.
  const other = await aGuarded();
  pass(TOTP_STEP_S);
  await cloud.sql(
    "update identity_second_factors set secret = ? where user_id = ?",
    String(row?.secret),
    other.uuid,
  );
  expect((await signIn(other.name, codeOf(user.secret))).code).toBe("auth.code-wrong");
  expect((await signIn(other.name, other.codes[0])).status).toBe(200);
});

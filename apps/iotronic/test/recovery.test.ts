// A lost password, and proved addresses: what a link opens, for how long, for whom, and what nobody learns by asking.
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ArrivedMail } from "../src/ports/mail.conformance.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { readMail } from "./mail.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let admin = "";
let aheadMs = 0;
let count = 0;
beforeAll(async () => {
  cloud = await openTestCloud(
    {
      clock: {
        ...systemClock,
        now: () => systemClock.now() + aheadMs,
        monotonicMs: () => systemClock.monotonicMs() + aheadMs,
      },
    },
    ["--mail.driver", "file", "--mail.from", "City <city@example.org>"],
  );
  // The clock goes further here than a sign-in lasts.
  const body = { name: "tests", expiresInS: 31_536_000 };
  admin = (await cloud.call("POST", "/api/tokens", { token: cloud.admin, body })).body.secret;
}, 60_000);
afterAll(() => cloud.close());
const pass = (seconds: number): void => {
  aheadMs += seconds * 1_000;
};
const box = () => join(cloud.folder, "mail", "new");
beforeEach(() => {
  pass(3_601);
  rmSync(box(), { recursive: true, force: true });
});

const lettersTo = async (to: string): Promise<ArrivedMail[]> => {
  let names: string[] = [];
  try {
    names = readdirSync(box()).sort();
  } catch {} // none yet
  const all = await Promise.all(names.map((name) => readMail(readFileSync(join(box(), name)))));
  return all.filter((letter) => letter.to === to);
};
/** The letters to somebody, once there are so many. */
const untilLetters = async (to: string, many: number): Promise<ArrivedMail[]> => {
  await expect.poll(async () => (await lettersTo(to)).length, { timeout: 5_000 }).toBe(many);
  return lettersTo(to);
};
const codeIn = (letter: ArrivedMail | undefined): string =>
  /\/app\/(?:new-password|confirm-mail)#([\w-]{43})$/m.exec(letter?.text ?? "")?.[1] ?? "";

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  cloud.call("POST", path, { body, headers });
const ask = (mail: string, more = {}) => post("/api/password-resets", { mail, ...more });
const redeem = (code: string, next: string) =>
  post("/api/password-resets/redeemed", { code, password: next });
const confirm = (code: string) => post("/api/mail-confirmations", { code });
const signIn = (name: string, word: string) =>
  post("/api/session", { method: "password", name, password: word });

const aUser = async () => {
  count += 1;
  const name = `lost-${count}`;
  const mail = `${name}@example.org`;
  const { body } = await cloud.call("POST", "/api/users", {
    token: admin,
    body: { name, password, mail },
  });
  return { name, mail, uuid: body.uuid as string, token: await cloud.signIn(name, password) };
};
/** One whose address is proved. */
const aReader = async () => {
  const user = await aUser();
  const [letter] = await untilLetters(user.mail, 1);
  expect((await confirm(codeIn(letter))).status).toBe(204);
  rmSync(box(), { recursive: true, force: true });
  return user;
};
const aLink = async (mail: string): Promise<string> => {
  expect((await ask(mail)).status).toBe(204);
  const code = codeIn((await untilLetters(mail, 1)).at(-1));
  rmSync(box(), { recursive: true, force: true });
  return code;
};

describe("an address", () => {
  it("that an administrator wrote down is its user's once they have opened the link", async () => {
    const user = await aUser();
    const shown = async () =>
      (await cloud.call("GET", `/api/users/${user.name}`, { token: admin })).body;
    expect(await shown()).toMatchObject({ mail: user.mail, mailVerified: false });
    const [letter] = await untilLetters(user.mail, 1);
    expect(letter).toMatchObject({ from: "City <city@example.org>" });
    // Where this cloud is, not what the request's Host says.
    expect(letter?.text).toContain(`${cloud.url}/app/confirm-mail#`);
    const code = codeIn(letter);
    expect((await confirm(code)).status).toBe(204);
    expect(await shown()).toMatchObject({ mail: user.mail, mailVerified: true });
    expect((await confirm(code)).code).toBe("mail.link-invalid");
    rmSync(box(), { recursive: true, force: true });
    // No link of one kind is good for the other.
    const reset = await aLink(user.mail);
    expect((await confirm(reset)).code).toBe("mail.link-invalid");
    expect((await redeem(reset, `${password}!`)).status).toBe(204);
  });
  it("of one's own changes with the password and the link, and the old one is told", async () => {
    const user = await aReader();
    const next = `new-${user.mail}`;
    const change = (word: string) =>
      cloud.call("PUT", "/api/session/mail", {
        token: user.token,
        body: { mail: next.toUpperCase(), password: word, language: "it" },
      });
    expect((await change("not that one")).code).toBe("auth.failed");
    expect((await change(password)).status).toBe(204);
    const [letter] = await untilLetters(next, 1);
    expect(letter?.subject).toBe("Stack4Things: è il tuo indirizzo?");
    const me = () => cloud.call("GET", "/api/session", { token: user.token });
    expect((await me()).body.user).toMatchObject({ mail: user.mail, mailVerified: true });
    await confirm(codeIn(letter));
    expect((await me()).body.user).toMatchObject({ mail: next, mailVerified: true });
    expect((await untilLetters(user.mail, 1))[0]?.subject).toContain("your address was changed");
  });
  it("that an administrator changes is not proved any more, and opens nothing until it is", async () => {
    const user = await aReader();
    const old = await aLink(user.mail);
    const mail = `other-${user.mail}`;
    await cloud.call("PATCH", `/api/users/${user.uuid}`, { token: admin, body: { mail } });
    expect((await redeem(old, `${password}!`)).code).toBe("mail.link-invalid");
    await untilLetters(mail, 1); // the question whether it is theirs
    await ask(mail);
    await ask(user.mail);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await lettersTo(mail)).toHaveLength(1);
    expect(await lettersTo(user.mail)).toHaveLength(0);
  });
});

describe("a lost password", () => {
  it("is replaced by a link, which ends every session and is told of", async () => {
    const user = await aReader();
    const code = await aLink(user.mail);
    expect((await redeem(code, "short")).code).toBe("user.password-weak");
    const next = `${password}!`;
    expect((await redeem(code, next)).status).toBe(204);
    expect((await cloud.call("GET", "/api/session", { token: user.token })).code).toBe(
      "auth.required",
    );
    expect((await signIn(user.name, password)).code).toBe("auth.failed");
    expect((await signIn(user.name, next)).status).toBe(200);
    expect((await untilLetters(user.mail, 1))[0]?.subject).toContain("your password was changed");
  });
  it("is replaced once by a link, also when it comes many times at once", async () => {
    const user = await aReader();
    const code = await aLink(user.mail);
    const all = await Promise.all(
      Array.from({ length: 4 }, (_, i) => redeem(code, `${password} ${i}`)),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([204, 410, 410, 410]);
    expect((await redeem(code, `${password}!`)).code).toBe("mail.link-invalid");
  });
  it.each<[string, (user: Awaited<ReturnType<typeof aReader>>) => Promise<{ status: number }>]>([
    ["a link", async ({ mail }) => redeem(await aLink(mail), `${password}!`)],
    [
      "themselves",
      ({ token }) =>
        cloud.call("PUT", "/api/session/password", {
          token,
          body: { current: password, next: `${password}!` },
        }),
    ],
    [
      "an administrator's password",
      ({ uuid }) =>
        cloud.call("PATCH", `/api/users/${uuid}`, {
          token: admin,
          body: { password: `${password}!` },
        }),
    ],
    [
      "an administrator's address",
      ({ uuid, mail }) =>
        cloud.call("PATCH", `/api/users/${uuid}`, { token: admin, body: { mail: `x-${mail}` } }),
    ],
    [
      "taking the address away",
      ({ token }) =>
        cloud.call("PUT", "/api/session/mail", { token, body: { mail: null, password } }),
    ],
  ])("leaves no address of whoever had it behind, by %s", async (_by, recover) => {
    const user = await aReader();
    const mail = `evil-${user.mail}`;
    const thief = await cloud.signIn(user.name, password);
    const body = { mail, password };
    await cloud.call("PUT", "/api/session/mail", { token: thief, body });
    const code = codeIn((await untilLetters(mail, 1))[0]);
    expect(code).not.toBe("");
    expect((await recover(user)).status).toBeLessThan(300);
    expect((await confirm(code)).code).toBe("mail.link-invalid");
  });
  it("of before lets nobody in whose sign-in is under way", async () => {
    const [user, other] = [await aUser(), await aUser()];
    // Whoever is before it: it waits for its turn with the password of before.
    const before = Array.from({ length: 12 }, (_, i) => signIn(`nobody-${count}-${i}`, password));
    const going = signIn(user.name, password);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await cloud.sql(
      "update identity_users set password = (select password from identity_users where name = ?) where name = ?",
      other.name,
      user.name,
    );
    await Promise.all(before);
    expect((await going).code).toBe("auth.failed");
  });
  it("makes earlier links worth nothing, too", async () => {
    const user = await aReader();
    const [first, second] = [await aLink(user.mail), await aLink(user.mail)];
    expect((await redeem(second, `${password}!`)).status).toBe(204);
    expect((await redeem(first, `${password}?`)).code).toBe("mail.link-invalid");
  });
  it("has half an hour, and none by somebody who is disabled meanwhile", async () => {
    const user = await aReader();
    const late = await aLink(user.mail);
    pass(1_799);
    const kept = await aLink(user.mail);
    pass(2);
    expect((await redeem(late, `${password}!`)).code).toBe("mail.link-invalid");
    await cloud.call("PATCH", `/api/users/${user.uuid}`, {
      token: admin,
      body: { status: "disabled" },
    });
    expect((await redeem(kept, `${password}!`)).code).toBe("mail.link-invalid");
  });
  it("stands in no table and no log as it was sent", async () => {
    const user = await aReader();
    const code = await aLink(user.mail);
    const rows = await cloud.sql("select * from identity_mail_links");
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(code);
    const { body } = await cloud.call("GET", "/api/audit?limit=50", {
      token: admin,
      project: "all",
    });
    const text = JSON.stringify(body);
    expect(text).not.toContain(code);
    expect(text).toContain("session.password-asked");
    await redeem(code, `${password}!`);
    expect(JSON.stringify(cloud.complaints)).not.toContain(code);
  });
  it("does not take the second factor away", async () => {
    const user = await aReader();
    const factor = (path: string, body: unknown) =>
      cloud.call("PUT", `/api/session/second-factor${path}`, { token: user.token, body });
    const { TOTP } = await import("otpauth");
    const { secret } = (await factor("", { password })).body;
    await factor("/confirmed", {
      code: new TOTP({ secret }).generate({ timestamp: systemClock.now() + aheadMs }),
    });
    const next = `${password}!`;
    expect((await redeem(await aLink(user.mail), next)).status).toBe(204);
    expect((await signIn(user.name, next)).code).toBe("auth.code-needed");
  });
});

describe("who asks", () => {
  it("hears the same of an address that nobody has, one that is not proved, and one that is", async () => {
    const [reader, user] = [await aReader(), await aUser()];
    const answers = [await ask(reader.mail), await ask(user.mail), await ask("nobody@example.org")];
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    const headersOf = ({ headers }: (typeof answers)[number]) =>
      [...headers.keys()].filter((name) => name !== "date").sort();
    expect(headersOf(answers[0] as never)).toEqual(headersOf(answers[2] as never));
    await untilLetters(reader.mail, 1);
    expect(await lettersTo("nobody@example.org")).toEqual([]);
  });
  it("is answered at once, however long it takes to look for somebody and to reach a relay", async () => {
    const reached = Promise.withResolvers<void>();
    const mute = createServer(() => reached.resolve());
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as { port: number };
    const slow = await openTestCloud({}, [
      ...["--mail.driver", "smtp", "--mail.smtp.url", `smtp://127.0.0.1:${port}`],
    ]);
    try {
      await slow.sql("update identity_users set mail = 'a@example.org', mail_verified_at = 1");
      const body = { mail: "a@example.org" };
      expect((await slow.call("POST", "/api/password-resets", { body })).status).toBe(204);
      await reached.promise;
    } finally {
      await slow.close();
      mute.close();
    }
  }, 10_000);
  it("is slowed down for each address, in whatever letters, whether somebody has it or not", async () => {
    const reader = await aReader();
    for (const mail of [reader.mail, "nobody-2@example.org"]) {
      const spelt = [mail, mail.toUpperCase(), mail, mail];
      const codes = [];
      for (const each of spelt) codes.push((await ask(each)).code);
      expect(codes, mail).toEqual([undefined, undefined, undefined, "auth.throttled"]);
    }
    await untilLetters(reader.mail, 3);
  });
  it("is slowed down by where they ask from", async () => {
    const codes = [];
    for (let i = 0; i < 31; i += 1) codes.push((await ask(`many-${i}@example.org`)).code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(30);
    expect(codes.at(-1)).toBe("auth.throttled");
  });
  it("guesses no link", async () => {
    const codes = [];
    for (let i = 0; i < 21; i += 1) codes.push((await redeem("x".repeat(43), `${password}!`)).code);
    expect(codes).toEqual([...Array(20).fill("mail.link-invalid"), "auth.throttled"]);
  });
  it("leads no link astray by the Host that they say", async () => {
    const reader = await aReader();
    const { request } = await import("node:http");
    const { hostname, port } = new URL(cloud.url);
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const asked = request(
      {
        ...{ hostname, port, path: "/api/password-resets", method: "POST" },
        headers: { host: "evil.example", "content-type": "application/json" },
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    asked.on("error", reject);
    asked.end(JSON.stringify({ mail: reader.mail }));
    expect(await promise).toBe(204);
    const [letter] = await untilLetters(reader.mail, 1);
    expect(letter?.text).toContain(`${cloud.url}/app/new-password#`);
    expect(letter?.text).not.toContain("evil");
  });
});

it("a cloud without mail says so, and offers no link", async () => {
  expect((await cloud.call("GET", "/api/ways-in")).body).toMatchObject({ lostPassword: true });
  const silent = await openTestCloud();
  try {
    expect((await silent.call("GET", "/api/ways-in")).body).toMatchObject({ lostPassword: false });
    const answer = await silent.call("POST", "/api/password-resets", {
      body: { mail: "chiara@example.org" },
    });
    expect([answer.status, answer.code]).toEqual([409, "mail.off"]);
  } finally {
    await silent.close();
  }
});

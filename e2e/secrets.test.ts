// Nothing secret in what the cloud prints or refuses: a run at the loudest log level, with secrets wherever people put them, and a
// search for each in everything that came out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { launchCloud, startCloud, temporaryFolder } from "./program.ts";

it("passwords, tokens, codes and keys are in no line of the log and in no refusal", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(folder.path, { args: ["--log.level", "debug"] });
  const link = /#(\S+)/.exec(cloud.said())?.[1] ?? "";
  const admin = JSON.parse(readFileSync(join(folder.path, "admin.json"), "utf8"));
  const typed = "mistyped-Pa55word-of-somebody";
  const foreign = "foreign-t0ken-".padEnd(43, "x");
  const secrets = new Map([
    ["administrator's password", admin.password],
    ["mistyped password", typed],
    ["foreign token", foreign],
    ["session token", await cloud.signIn()],
  ]);
  const answers: string[] = [];
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await cloud.call(method, path, body);
    answers.push(answer.text);
    return answer;
  };
  const raw = async (path: string, init: RequestInit) =>
    answers.push(await (await fetch(cloud.url + path, init)).text());
  const json = { "content-type": "application/json" };

  const made = await cloud.call("POST", "/api/tokens", { name: "t", expiresInS: 3_600 });
  secrets.set("API token", made.body.secret);
  const credential = await cloud.call("POST", "/api/credentials", { name: "c" });
  secrets.set("credential's secret", credential.body.secret);
  const board = await cloud.call("POST", "/api/boards", { name: "b" });
  secrets.set("enrolment string", board.body.enrolment.enrolment);
  secrets.set("event ticket", (await cloud.call("POST", "/api/events/ticket", {})).body.ticket);

  for (const password of [typed, typed])
    await ask("POST", "/api/session", { method: "password", name: "admin", password });
  await ask("POST", "/api/session", { method: "credential", id: "no", secret: typed });
  await ask("POST", "/api/session", { method: "link", code: foreign });
  await ask("POST", "/api/session", { method: "password", name: "admin", password: [typed] });
  await ask("POST", "/api/session", { method: "password", nmae: typed });
  await ask("GET", `/api/session?password=${typed}&token=${foreign}`);
  await ask("GET", `/api/boards?text=${foreign}`);
  await ask("POST", "/api/users", { name: "u", password: typed, extra: typed });
  await ask("POST", "/api/users", { name: "u2", password: typed });
  await raw("/api/session", { headers: { authorization: `Bearer ${foreign}` } });
  await raw("/api/session", { headers: { authorization: `Basic ${btoa(`admin:${typed}`)}` } });
  await raw("/api/session", { headers: { cookie: `s4t=${foreign}` } });
  await raw("/api/session", { method: "POST", headers: json, body: `{"password":"${typed}"` });
  await raw("/api/session", { method: "POST", headers: json, body: `{"${typed}":1}` });
  await raw("/link/backlog", { method: "POST", headers: { authorization: `Bearer ${foreign}` } });
  for (const path of ["/api/config", "/api/users", "/api/tokens", "/api/credentials", "/api/audit"])
    await ask("GET", path);
  await cloud.kill("SIGTERM");

  const said = cloud.said();
  expect(said.match(/"request"/g)?.length).toBeGreaterThan(20);
  const shown = answers.join("\n");
  for (const [what, secret] of secrets) {
    expect(secret.length, what).toBeGreaterThan(12);
    expect(said.includes(secret), `${what} in the log`).toBe(false);
    expect(shown.includes(secret), `${what} in an answer`).toBe(false);
    expect(shown.includes(btoa(`admin:${secret}`)), `${what} in an answer`).toBe(false);
  }
  // The one-time link is for the terminal: there once, and nowhere else.
  expect(said.split(link)).toHaveLength(2);
  expect(said).not.toContain("PRIVATE KEY");
  folder.remove();
});

it("the password of a database that does not answer is not printed", async () => {
  const folder = temporaryFolder();
  const password = "the-database-Pa55word";
  const launched = launchCloud(folder.path, {
    args: ["--database.driver", "postgres"],
    env: { S4T_DATABASE_POSTGRES_URL: `postgres://s4t:${password}@127.0.0.1:1/s4t` },
  });
  const { code } = await launched.ended;
  expect(code).toBe(69);
  expect(launched.said()).toContain("(cloud.unavailable)");
  expect(launched.said()).not.toContain(password);
  folder.remove();
});

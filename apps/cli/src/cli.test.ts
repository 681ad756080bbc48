import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errors, exitCodeOf } from "@s4t/sdk";
import { placesOf } from "@s4t/sdk/node";
import { expect, it } from "vitest";
import { type Answering, problem, runCli, useCli } from "../test/fake-cloud.ts";
import { nouns } from "./program.ts";

const { home, open } = useCli();

const at = "2026-11-24T10:00:00.000Z";
const aBoard = (name: string, members: object = {}) => ({
  uuid: `01940000-0000-7000-8000-${name.padStart(12, "0")}`,
  name,
  rev: 3,
  status: "online",
  why: null,
  description: "",
  labels: { street: "garibaldi" },
  location: null,
  fleets: [],
  agent: { kind: null, version: null, contract: null, features: [] },
  connectivity: { connected: true, since: at, lastSeenAt: at, address: null, latencyMs: null },
  target: { wanted: 1, reached: 1, failed: 0 },
  fingerprint: null,
  info: null,
  ...members,
});
const anOperation = (members: object) => ({
  uuid: "01940000-0000-7000-8000-00000000000f",
  name: "board.restart",
  actor: "chiara",
  createdAt: at,
  endedAt: at,
  result: null,
  problem: null,
  ...members,
});

const threePages: Answering = ({ query }) => {
  const pages: Readonly<Record<string, object>> = {
    "": { items: [aBoard("1"), aBoard("2")], next: "b" },
    b: { items: [aBoard("3"), aBoard("4")], next: "c" },
    c: { items: [aBoard("5")], next: null },
  };
  return { json: pages[query.get("after") ?? ""] };
};

it("prints all pages of a list as one JSON array of things with id, name and status", async () => {
  const { run, seen } = await open(threePages);
  const { code, out, err } = await run(["board", "list", "--json", "--status", "online,busy"]);
  const boards = JSON.parse(out) as { uuid: string; name: string; status: string }[];
  expect(boards.map(({ name }) => name)).toEqual(["1", "2", "3", "4", "5"]);
  for (const { uuid, status } of boards) expect([uuid.length, status]).toEqual([36, "online"]);
  expect([code, err]).toEqual([0, ""]);
  expect(seen.map(({ query }) => query.get("status"))).toEqual(Array(3).fill("online,busy"));
});

it("prints an empty list as an empty array for programs and as a sentence for people", async () => {
  const { run } = await open(() => ({ json: { items: [], next: null } }));
  expect(JSON.parse((await run(["board", "list", "--json"])).out)).toEqual([]);
  const { out, err } = await run(["board", "list"]);
  expect([out, err]).toEqual(["", expect.stringContaining("No boards yet")]);
});

it("prints ids alone when it is to be quiet", async () => {
  const { run } = await open(threePages);
  expect((await run(["board", "list", "-q"])).out.split("\n")).toEqual([
    ...["1", "2", "3", "4", "5"].map((name) => aBoard(name).uuid),
    "",
  ]);
});

it("aligns a list for people, without colours where no terminal is, even under CI", async () => {
  const { run } = await open(threePages);
  const { out } = await run(["board", "list"], { env: { CI: "1", FORCE_COLOR: "1" } });
  expect(out).not.toContain("\u001b");
  const [head = "", first = ""] = out.split("\n");
  expect(first).toContain("● online");
  expect(first.indexOf("● online")).toBe(head.indexOf("state"));
  expect(first[head.indexOf("name")]).toBe("1");
});

it("does not let a name steer the terminal", async () => {
  const { run } = await open(() => ({
    json: { items: [aBoard("1", { name: "a\u001b]0;owned\u0007\u009b2J" })], next: null },
  }));
  const { out } = await run(["board", "list"]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not be there
  expect(out).not.toMatch(/[\u001b\u0007\u009b]/);
  expect(out).toContain("owned");
});

it("creates a board and hands its enrolment string to programs", async () => {
  const enrolment = { enrolment: "s4t1:abc", expiresAt: at, commands: [] };
  const { run, seen } = await open(() => ({
    status: 201,
    json: { board: aBoard("7", { status: "new" }), enrolment },
  }));
  const made = await run(["board", "create", "7", "--label", "a=b=c", "--label", "d=e", "--json"]);
  expect(JSON.parse(made.out)).toMatchObject({
    uuid: aBoard("7").uuid,
    name: "7",
    status: "new",
    enrolment: "s4t1:abc",
    commands: [],
  });
  expect(seen[0]?.body).toEqual({ name: "7", labels: { a: "b=c", d: "e" } });
  expect(seen[0]?.headers.authorization).toBe("Bearer secret");
});

it("takes the options of every command before and after the noun", async () => {
  const { run, seen } = await open(threePages);
  await run(["--project", "messina", "board", "list", "--json"]);
  await run(["board", "list", "--project", "messina", "--json"]);
  expect(seen.map(({ headers }) => headers["s4t-project"])).toEqual(Array(6).fill("messina"));
});

const oneOfEachExit = [
  ...new Map(Object.keys(errors).map((code) => [exitCodeOf(code), code])).values(),
];

it.each(oneOfEachExit)("ends with the table's exit code: %s", async (error) => {
  const { run } = await open(() => problem(error));
  const { code, out, err } = await run(["board", "show", "x"]);
  expect(code).toBe(exitCodeOf(error));
  expect(out).toBe("");
  expect(err).toContain(`It is ${error}. (${error})`);
});

it("covers every exit code that the table has", () => {
  expect(oneOfEachExit.map(exitCodeOf).sort()).toEqual([64, 65, 66, 69, 70, 73, 74, 75, 77, 78]);
});

it("keeps a code that it does not know, as a problem object for programs", async () => {
  const { run } = await open(() => problem("moon.too-far", 418));
  const { code, out, err } = await run(["board", "show", "x", "--json"]);
  expect([code, out]).toEqual([70, ""]);
  expect(JSON.parse(err)).toMatchObject({
    type: "urn:s4t:error:moon.too-far",
    title: "It is moon.too-far.",
    code: "moon.too-far",
    details: { because: "test" },
  });
});

it("says what to do next", async () => {
  const { run } = await open(() => problem("board.not-found", 404));
  expect((await run(["board", "show", "x"])).err).toContain("s4t board list");
  const nowhere = await runCli(home(), ["board", "list"]);
  expect([nowhere.code, nowhere.err]).toEqual([69, expect.stringContaining("npm start")]);
});

it.each([[["board", "show"]], [["nonsense"]], [["board", "list", "--colour", "red"]]])(
  "refuses a line that it does not understand: %j",
  async (args) => {
    expect((await runCli(home(), args)).code).toBe(64);
  },
);

it.each([[["--help"]], [["board", "--help"]], [["board", "list", "--help"]], [["--version"]]])(
  "answers %j without a cloud",
  async (args) => {
    const { code, out } = await runCli(home(), args);
    expect([code, out.length > 4]).toEqual([0, true]);
  },
);

it("ends a request that hangs at Ctrl-C, with nothing left over", async () => {
  let arrived = (): void => {};
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { run } = await open(() => {
    arrived();
    return new Promise(() => {});
  });
  const { code, out, err } = await run(["board", "list"], { interruptAfter: asked });
  expect([code, out]).toEqual([130, ""]);
  expect(err).toContain("canceled");
});

const destructive = [
  ["board", "retire", "7"],
  ["user", "remove", "7"],
  ["project", "remove", "7"],
  ["board", "reboot", "7"],
];

it.each(destructive)(
  "changes nothing without --yes where nobody can be asked: %s %s",
  async (...args) => {
    const { run, seen } = await open(() => ({ json: aBoard("7") }));
    const { code, err } = await run(args);
    expect([code, err]).toEqual([78, expect.stringContaining("--yes")]);
    expect(seen.filter(({ method }) => method !== "GET")).toEqual([]);
  },
);

it("does not overwrite a file with a backup unless --yes says so", async () => {
  const { run, seen } = await open(() => ({ bytes: "a new backup" }));
  const file = join(home(), "monday.backup");
  expect((await run(["backup", file])).code).toBe(0);
  writeFileSync(file, "the only copy");
  const { code, err } = await run(["backup", file]);
  expect([code, err]).toEqual([78, expect.stringMatching(/--yes: .*monday\.backup is there/)]);
  expect(readFileSync(file, "utf8")).toBe("the only copy");
  expect(seen).toHaveLength(1);
  expect((await run(["backup", file, "--yes"])).code).toBe(0);
  expect(readFileSync(file, "utf8")).toBe("a new backup");
});

const refusals: [where: string, args: string[], said: string][] = [
  [
    "body/sensors/storeEveryS",
    ["board", "settings", "7", "--store-every", "1"],
    "--store-every: must be >= 60 seconds.",
  ],
  ["body/log/level", ["board", "settings", "7", "--log", "info"], "--log: must"],
  ["body/labels/a~1b", ["board", "create", "7", "--label", "a/b=c"], "--label: must"],
  ["body/location/latitude", ["board", "create", "7", "--place", "99,0"], "--place: must"],
  ["body/name", ["board", "create", "?"], "name: must"],
  ["body/name", ["board", "update", "7", "--name", "?"], "--name: must"],
  [
    "body/expiresInS",
    ["board", "restart", "7", "--expires", "1s"],
    "--expires: must be >= 60 seconds.",
  ],
  ["body/expiresInS", ["token", "create", "x", "--days", "0"], "--days: must be >= 60 seconds."],
  ["query/limit", ["board", "timeline", "7", "--limit", "0"], "--limit: must be >= 60."],
  ["path/uuid", ["board", "show", "?"], "board: must"],
  ["body/unknown", ["board", "create", "7"], "body/unknown: must"],
];

it.each(refusals)("says what was typed, not %s: %j", async (where, args, said) => {
  const refusal = problem("request.invalid", 422);
  const details = { where, because: "must be >= 60" };
  const title = `${where}: must be >= 60.`;
  const { run } = await open(({ method }) =>
    method === "GET" && where.startsWith("body")
      ? { json: aBoard("7") }
      : { ...refusal, json: { ...(refusal.json as object), title, details } },
  );
  const { code, err } = await run(args);
  expect([code, err]).toEqual([64, expect.stringContaining(`✕ ${said}`)]);
});

it.each([
  [["restore", "/nonexist", "--yes"]],
  [["login", "http://127.0.0.1:1", "--ca", "/nonexist"]],
  [["login", "http://127.0.0.1:1", "--name", "x", "--password-file", "/nonexist"]],
])("speaks of a file as a file: %j", async (args) => {
  const { run, seen } = await open(() => ({ json: {} }));
  const { code, err } = await run(args);
  expect([code, err]).toEqual([74, expect.stringContaining("File /nonexist: it is not there.")]);
  expect(seen).toEqual([]);
});

it("hands a query on as it was written, in one word or in several", async () => {
  const { run, seen } = await open(() => ({ json: { items: [], next: null } }));
  await run(["board", "list", "status:offline fleet:buses", "--json"]);
  await run(["board", "list", "status:offline", 'name:"a b"', "--sort", "-seen", "--json"]);
  await run(["board", "list", "--json"]);
  expect(seen.map(({ query }) => query.get("q"))).toEqual([
    "status:offline fleet:buses",
    'status:offline name:"a b"',
    null,
  ]);
});

it("goes on with --yes", async () => {
  const { run, seen } = await open(() => ({ json: aBoard("7", { status: "retired" }) }));
  const { code, out } = await run(["board", "retire", "7", "--yes", "--json"]);
  expect([code, (JSON.parse(out) as { status: string }).status]).toEqual([0, "retired"]);
  expect(seen.at(-1)?.path).toBe(`/api/boards/${aBoard("7").uuid}/retire`);
});

it("sends a command once, waits for it, and fails with what the board failed with", async () => {
  const { run, seen } = await open(({ path }) => ({
    json: path.includes("good")
      ? anOperation({ status: "done", result: { backWithinS: 5 } })
      : anOperation({
          status: "failed",
          problem: { code: "board.power-disabled", sentence: "It may not." },
        }),
  }));
  const args = ["--when-online", "--expires", "2h", "--wait", "3", "--json"];
  const good = await run(["board", "restart", "good", ...args]);
  expect([good.code, JSON.parse(good.out)]).toMatchObject([0, { status: "done" }]);
  expect(seen[0]?.body).toEqual({ deliver: "when-online", expiresInS: 7_200 });
  expect(seen[0]?.headers.prefer).toBe("wait=3");
  expect(seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
  const bad = await run(["board", "restart", "bad"]);
  expect([bad.code, bad.err]).toEqual([77, expect.stringContaining("board.power-disabled")]);
});

it("changes a board from the revision that it read", async () => {
  const { run, seen } = await open(() => ({ json: aBoard("7") }));
  await run(["board", "update", "7", "--name", "8"]);
  expect(seen[1]).toMatchObject({ method: "PATCH", body: { name: "8" } });
  expect(seen[1]?.headers["if-match"]).toBe('"3"');
});

it("fails when the audit log was tampered with", async () => {
  const verdict = { size: 9, head: null, witnessed: 1, firstBad: 4, because: "leaf differs" };
  const { run } = await open(() => ({ json: { ...verdict, intact: false } }));
  const { code, err } = await run(["audit", "verify"]);
  expect([code, err]).toEqual([65, expect.stringContaining("from entry 4 on: leaf differs")]);
});

it("signs in for the commands after it, privately, and out again", async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const session = { user: { uuid: "u", name: "chiara", admin: false }, projects: [], expiresAt };
  const { seen, url } = await open(({ method, path }) => {
    if (method === "DELETE") return { status: 204 };
    if (path === "/api/session" && method === "POST") return { json: { token: "t", session } };
    return { json: path === "/api/session" ? session : { items: [], next: null } };
  });
  const signedIn = await runCli(
    home(),
    ["login", `${url}/`, "--name", "chiara", "--password-file", "-"],
    { input: "correct horse\n" },
  );
  expect([signedIn.code, signedIn.err]).toEqual([0, ""]);
  expect(seen[0]?.body).toEqual({ method: "password", name: "chiara", password: "correct horse" });
  const { loginFile } = placesOf({ HOME: home() });
  expect(statSync(loginFile).mode & 0o777).toBe(0o600);
  expect((await runCli(home(), ["whoami"])).out).toContain("chiara");
  expect(seen[1]?.headers.authorization).toBe("Bearer t");
  expect((await runCli(home(), ["logout"])).code).toBe(0);
  expect(seen.at(-1)).toMatchObject({ method: "DELETE", path: "/api/session" });
  expect((await runCli(home(), ["whoami"])).code).toBe(69);
});

const complete = (script: string, words: readonly string[]): string[] => {
  const asked = `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _s4t; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", `${script}\n${asked}`], { encoding: "utf8" })
    .trim()
    .split("\n");
};

it("completes nouns, verbs and options in bash", async () => {
  const { code, out } = await runCli(home(), ["completion", "bash"]);
  expect(code).toBe(0);
  expect(complete(out, ["s4t", "bo"])).toEqual(["board"]);
  expect(complete(out, ["s4t", "board", "re"]).sort()).toEqual(["reboot", "restart", "retire"]);
  expect(complete(out, ["s4t", "board", "list", "--st"])).toEqual(["--status"]);
  expect(complete(out, ["s4t", "board", "show", "x", "--js"])).toEqual(["--json"]);
  expect(complete(out, ["s4t", "op", "--st"])).toEqual([""]);
});

it.each(["zsh", "fish"])("writes a script for %s that knows every noun", async (shell) => {
  const { code, out } = await runCli(home(), ["completion", shell]);
  expect((await runCli(home(), ["completion", "tcsh"])).code).toBe(64);
  expect(code).toBe(0);
  for (const noun of Object.keys(nouns)) expect(out).toContain(noun);
});

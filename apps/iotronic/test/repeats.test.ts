// Requests with an idempotency key: however often one comes, it is done once, and everybody hears the answer of the first.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Asked, openTestCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
let project = "";
beforeAll(async () => {
  cloud = await openTestCloud();
  const body = { name: "repeats" };
  project = (await cloud.call("POST", "/api/projects", { token: cloud.admin, body })).body.uuid;
}, 60_000);
afterAll(() => cloud.close());

const keyOf = () => crypto.randomUUID();
const post = (path: string, key: string, body: unknown, more: Asked = {}) =>
  cloud.call("POST", path, {
    ...{ token: cloud.admin, project, body, ...more },
    headers: { "idempotency-key": key },
  });
const boardsNamed = async (name: string): Promise<unknown[]> =>
  (await cloud.call("GET", `/api/boards?q=name:${name}`, { token: cloud.admin, project })).body
    .items;
const shown = ({ status, body, headers }: Awaited<ReturnType<typeof post>>) => ({
  ...{ status, body },
  replayed: headers.get("idempotency-replayed"),
});

it("answers the second as the first, secrets and status too, and does nothing", async () => {
  const key = keyOf();
  const first = shown(await post("/api/boards", key, { name: "once" }));
  expect(first).toMatchObject({ status: 201, replayed: null, body: { board: { name: "once" } } });
  const second = shown(await post("/api/boards", key, { name: "once" }));
  expect(second).toEqual({ ...first, replayed: "true" });
  expect(shown(await post("/api/boards", `"${key}"`, { name: "once" }))).toEqual(second);
  expect(await boardsNamed("once")).toHaveLength(1);
});

it("answers with the ETag of the first", async () => {
  const key = keyOf();
  const [first, second] = [
    await post("/api/fleets", key, { name: "tagged" }),
    await post("/api/fleets", key, { name: "tagged" }),
  ];
  expect([first.headers.get("etag"), second.headers.get("etag")]).toEqual(['"1"', '"1"']);
});

it("does many that come at once once", async () => {
  const key = keyOf();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => post("/api/boards", key, { name: "crowd" })),
  );
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(
    answers.filter(({ headers }) => headers.get("idempotency-replayed") === null),
  ).toHaveLength(1);
  expect(await boardsNamed("crowd")).toHaveLength(1);
});

it("refuses a key that was used for another request, and knows keys by who sends them", async () => {
  const key = keyOf();
  await post("/api/boards", key, { name: "mine" });
  for (const [path, body] of [
    ["/api/boards", { name: "other" }],
    ["/api/fleets", { name: "mine" }],
  ] as const)
    expect(await post(path, key, body)).toMatchObject({ status: 422, code: "request.key-reused" });
  const password = "correct horse battery staple";
  const user = (
    await cloud.call("POST", "/api/users", {
      token: cloud.admin,
      body: { name: "repeats-user", password },
    })
  ).body;
  await cloud.call("PUT", `/api/projects/${project}/members/${user.uuid}`, {
    ...{ token: cloud.admin, body: { role: "manager" } },
  });
  const token = await cloud.signIn("repeats-user", password);
  const theirs = await post("/api/boards", key, { name: "theirs" }, { token });
  expect(shown(theirs)).toMatchObject({ status: 201, replayed: null });
});

it("forgets what was refused: the same key may do it later", async () => {
  const key = keyOf();
  await post("/api/fleets", keyOf(), { name: "taken" });
  expect(await post("/api/fleets", key, { name: "taken" })).toMatchObject({
    code: "fleet.name-taken",
  });
  await cloud.call("DELETE", "/api/fleets/taken", { token: cloud.admin, project });
  expect(shown(await post("/api/fleets", key, { name: "taken" }))).toMatchObject({
    status: 201,
    replayed: null,
  });
});

it("does not do again what was begun by a cloud that ended before it could tell", async () => {
  const key = keyOf();
  await post("/api/boards", key, { name: "torn" });
  await cloud.sql("update repeats set answer = null");
  expect(await post("/api/boards", key, { name: "torn" })).toMatchObject({
    status: 409,
    code: "request.unsettled",
  });
  expect(await boardsNamed("torn")).toHaveLength(1);
});

it("forgets a key when its time is over", async () => {
  const key = keyOf();
  await post("/api/fleets", key, { name: "old" });
  await cloud.sql("update repeats set expires_at = 1");
  expect(await post("/api/fleets", key, { name: "old" })).toMatchObject({
    code: "fleet.name-taken",
  });
});

it("keeps neither key nor answer in the clear", async () => {
  const key = keyOf();
  const { body } = await post("/api/boards", key, { name: "secret" });
  const rows = JSON.stringify(await cloud.sql("select * from repeats"));
  expect(rows).not.toContain(key);
  expect(rows).not.toContain(body.enrolment.enrolment);
  expect(rows).not.toContain("secret");
});

it.each(["", "short", "x".repeat(129), "ümlaut-ümlaut-ümlaut"])(
  "refuses the key %j",
  async (key) => {
    const answer = await post(
      "/api/fleets",
      encodeURIComponent(key) === key ? key : "a b".repeat(9),
      {
        name: "never",
      },
    );
    expect([answer.status, answer.code]).toEqual([422, "request.invalid"]);
  },
);

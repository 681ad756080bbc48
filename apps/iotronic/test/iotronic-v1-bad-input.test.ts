// Requests that no client of the original would send: whatever comes, its API answers in its own form, and never that it failed.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nouns } from "../src/http/iotronic-v1/router.ts";
import type { V1Row } from "../src/http/iotronic-v1/row.ts";
import { rows } from "../src/http/iotronic-v1/rows.ts";
import type { Answered } from "./cloud.ts";
import { tokenHeader } from "./iotronic-v1/run.ts";
import { openStage, type Stage } from "./iotronic-v1/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const post = (path: string, body: object) =>
    stage.cloud.call("POST", path, { headers: tokenHeader(stage.tokens.manager), body });
  await post("/v1/plugins", { name: "p", code: "print(1)", parameters: { a: 1 } });
  await post("/v1/services", { name: "s", port: 22, protocol: "TCP" });
  await post("/v1/fleets", { name: "f" });
}, 60_000);
afterAll(() => stage.close());

const texts = fc.oneof(
  fc.constantFrom(
    "live",
    "p",
    "s",
    "..",
    "detail",
    "public",
    "restore",
    "%",
    "null",
    "'; --",
    "x.json",
    "\u202e",
    "a".repeat(300),
  ),
  fc.uuid(),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).map((text) => text.toWellFormed()),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, {}, [], [[]], [{}], { a: { b: [1] } }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    [{ longitude: "15", latitude: "38", altitude: "x" }],
    "Vx\np0\n.",
    "V\\uZZ\np0\n.",
    "true",
    "22",
    "TCP",
  ),
);
const attributes = [
  ...["name", "code", "type", "mobile", "fleet", "extra", "location", "callable", "public", "port"],
  ...["parameters", "protocol", "action", "plugin", "onboot", "network", "subnet", "description"],
  ...[
    "uuid",
    "status",
    "project",
    "config",
    "dns",
    "zone",
    "email",
    "secure",
    "__proto__",
    "constructor",
  ],
];
const actions = [
  ...["DevicePing", "DeviceEcho", "DeviceNetConfig", "PluginCall", "PluginStart", "PluginStop"],
  ...[
    "PluginStatus",
    "PluginReboot",
    "ServiceEnable",
    "ServiceDisable",
    "ServiceRestore",
    "toString",
  ],
];
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .dictionary(fc.constantFrom(...attributes), value, { maxKeys: 6 })
      .map((each) => JSON.stringify(each)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(
        { action: fc.constantFrom(...actions), parameters: value },
        { requiredKeys: ["action"] },
      )
      .map((each) => JSON.stringify(each)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "{",
      "[]",
      "null",
      "1",
      '{"__proto__":1}',
      '{"a":1,"a":2}',
      "\u0000",
      '{"a":1e999}',
    ),
  },
);
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "limit",
        "marker",
        "sort_key",
        "sort_dir",
        "fields",
        "status",
        "project",
        "with_public",
        "all_plugins",
        "__proto__",
      ),
      fc.oneof(
        texts,
        fc.constantFrom("0", "1", "1e3", "-5", "asc", "desc", "uuid,name", "id", "NaN"),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("&"));
const headers = fc.constantFrom<Record<string, string>>(
  {},
  {},
  { "x-openstack-iotronic-api-version": "latest" },
  { "x-openstack-iotronic-api-version": "1.9" },
  { "x-openstack-iotronic-api-version": "\u00e9" },
  { "content-type": "text/plain" },
  { "content-type": "application/octet-stream" },
  { accept: "application/xml" },
  { "s4t-project": "all" },
  { "if-match": "nonsense" },
  { "x-auth-token": "a b" },
  { "x-auth-token": "" },
);
const nowhere = "00000000-0000-7000-8000-000000000000";
const place = [{ longitude: "1", latitude: "2", altitude: "0" }];
/** Bodies that would do, by number of the endpoint. */
const right: Readonly<Record<number, Record<string, unknown>>> = {
  5: { name: "b", code: "c", type: "server", mobile: "no", location: place, extra: { a: "b" } },
  7: { name: "live", mobile: true, fleet: null, extra: {}, location: place },
  9: { action: "DeviceEcho", parameters: { say: "a" } },
  11: { plugin: "p", onboot: "yes" },
  12: { action: "PluginCall", parameters: { a: 1 } },
  15: { action: "ServiceEnable" },
  20: { network: nowhere, subnet: nowhere },
  23: { name: "a", port: 80 },
  24: { dns: "a", zone: "b", email: "c" },
  30: { name: "q", code: "print(2)", callable: true, public: false, parameters: {}, extra: {} },
  32: { code: "print(3)", callable: "no", parameters: { a: 1 }, extra: {} },
  37: { name: "t", port: "22", protocol: "TCP", extra: {} },
  39: { port: "23", protocol: "ANY", extra: {} },
  43: { name: "g", description: "", extra: {} },
  45: { description: "x", extra: {} },
};
const there: Readonly<Record<string, string>> = {
  ...{ board: "live", plugin: "p", service: "s", fleet: "f" },
};

/** Nearly right: what is there, and one attribute that is spoilt. */
const spoilt = (row: V1Row): fc.Arbitrary<{ path: string; sent: string }> =>
  fc.tuple(fc.nat(), value, fc.nat(4)).map(([at, junk, whole]) => {
    const given: Record<string, unknown> = { ...right[row.number] };
    const name = Object.keys(given)[at % Math.max(1, Object.keys(given).length)];
    if (name !== undefined && whole > 0) given[name] = junk;
    const path = row.path.replace(/\{(\w+)\}/g, (_, each: string) => there[each] ?? nowhere);
    return { path, sent: JSON.stringify(given) };
  });
const wild = (row: V1Row): fc.Arbitrary<{ path: string; sent: string }> =>
  fc.tuple(fc.array(texts, { minLength: 2, maxLength: 2 }), body).map(([names, sent]) => {
    const path = row.path.replace(/\{\w+\}/g, () => encodeURIComponent(names.shift() ?? "live"));
    return { path, sent };
  });

const request = fc.constantFrom(...rows).chain((row) =>
  fc
    .tuple(
      fc.oneof({ weight: 2, arbitrary: spoilt(row) }, { weight: 1, arbitrary: wild(row) }),
      fc.oneof(
        { weight: row.query ? 1 : 9, arbitrary: fc.constant("") },
        { weight: 1, arbitrary: query },
      ),
      fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
      fc.boolean(),
      fc.constantFrom("manager" as const, "manager" as const, "admin" as const, "auditor" as const),
    )
    .map(([{ path, sent }, asked, more, slash, who]) => ({
      who,
      method: row.method,
      path: `${path}${slash ? "/" : ""}${asked === "" ? "" : `?${asked}`}`,
      headers: more,
      ...(row.method === "GET" ? {} : { raw: sent }),
    })),
);

/** Why an answer is not one of this API, or undefined. */
const complaintAbout = ({
  status,
  text,
  body: answered,
  headers: sent,
}: Answered): string | undefined => {
  if (!/^req-[0-9a-f-]{36}$/.test(sent.get("openstack-request-id") ?? ""))
    return "it has no number";
  if (sent.get("x-openstack-iotronic-api-maximum-version") !== "1.0") return "it has no version";
  if (/\bat [\w.<>]+ \(|node_modules|\.ts:\d+|SQLITE_|sqlite error/i.test(text))
    return "it shows its inside";
  if (status < 400) return undefined;
  if (status === 401) return answered?.error?.code === 401 ? undefined : "401 of another form";
  const inner =
    typeof answered?.error_message === "string" ? JSON.parse(answered.error_message) : {};
  if (typeof inner.faultstring !== "string" || inner.debuginfo !== null)
    return "its error is not doubly encoded";
  // What a board refuses was a 500 there, too; nothing else is.
  if (status >= 500 && !/^Error in the execution of/.test(inner.faultstring)) return "it failed";
  return undefined;
};

const seed = process.env.TEST_SEED === undefined ? undefined : Number(process.env.TEST_SEED);

it("answers anything in its own form, and never that it failed", async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ who, method, path, headers: more, raw }) => {
      const answer = await stage.cloud.call(method, path, {
        headers: { ...tokenHeader(stage.tokens[who]), ...more },
        ...(raw === undefined ? {} : { raw }),
      });
      const complaint = complaintAbout(answer);
      if (complaint !== undefined)
        throw new TypeError(`${complaint}: ${answer.status} ${answer.text.slice(0, 300)}`);
    }),
    { numRuns: 2_000, endOnFailure: true, ...(seed === undefined ? {} : { seed }) },
  );
  expect(stage.cloud.complaints.map(({ sentence }) => sentence)).not.toContain(
    "A request failed through our fault",
  );
}, 120_000);

it.each([
  "/v1/%zz",
  "/boards/%",
  "/v1/boards/%c3%28",
  "/v1/boards//",
  "//v1/boards",
  "/v1/boards/a/b/c/d/e",
  "/v1/../api/boards",
  ...nouns.map((noun) => `/${noun}/%00`),
])("%s is answered in its own form", async (path) => {
  const answer = await stage.cloud.call("GET", path, {
    headers: tokenHeader(stage.tokens.manager),
  });
  if (path.startsWith("//") || path.includes("..")) expect(answer.status).toBeLessThan(500);
  else expect(complaintAbout(answer), answer.text).toBeUndefined();
});

it("takes no cookie: pages of others cannot act", async () => {
  const answer = await stage.cloud.call("GET", "/v1/boards", {
    headers: {
      cookie: `s4t_session=${stage.tokens.manager}`,
      origin: stage.url,
    },
  });
  expect(answer.status).toBe(401);
});

it("a body beyond measure is told so", async () => {
  const answer = await stage.cloud.call("POST", "/v1/plugins", {
    headers: tokenHeader(stage.tokens.manager),
    raw: JSON.stringify({ name: "big", code: "x".repeat(1_100_000) }),
  });
  expect([answer.status, complaintAbout(answer)]).toEqual([413, undefined]);
  const long = await stage.cloud.call("POST", "/v1/plugins", {
    headers: tokenHeader(stage.tokens.manager),
    body: { name: "big", code: "x".repeat(65_536) },
  });
  expect([long.status, complaintAbout(long)]).toEqual([400, undefined]);
});

import { expect, it } from "vitest";
import { readRouterConfig } from "./config.ts";

const good = {
  realms: [
    {
      name: "city",
      metaApi: true,
      eventHistory: [
        { uri: "city.", match: "prefix" },
        { uri: "city.rain", maxEvents: 5, maxBytes: 4_096, maxAgeMs: 60_000 },
      ],
      trustLevels: [{ uri: "city.", match: "prefix", role: "lamp", authid: "lamp", level: 2 }],
      limits: { subscriptions: 5, requestsPerSecond: 100 },
      join: [
        { method: "anonymous", role: "guest" },
        { method: "ticket", users: [{ authid: "joe", role: "person", ticket: "t" }] },
        {
          method: "wampcra",
          strangersSecret: "s",
          users: [
            {
              ...{ authid: "ann", role: "person", secret: "c2VjcmV0" },
              salting: { salt: "pepper", iterations: 1_000 },
            },
          ],
        },
        {
          method: "cryptosign",
          users: [{ authid: "lamp", role: "lamp", publicKey: "ab".repeat(32) }],
        },
      ],
      roles: { guest: [{ uri: "city.", match: "prefix", allow: ["subscribe"] }] },
    },
  ],
  listen: [
    { kind: "webSocket", port: 8080 },
    { kind: "rawSocket", path: "/run/router.sock", pingEveryMs: 0 },
  ],
};

it("takes a whole config, and fills in what it leaves open", () => {
  const { realms, listen } = readRouterConfig(good);
  expect(realms[0]).toMatchObject({ name: "city", uriCheck: "strict", metaApi: true });
  expect(realms[0]?.eventHistory).toEqual([
    { uri: "city.", match: "prefix", maxEvents: 1_000, maxBytes: 16_777_216, maxAgeMs: undefined },
    { uri: "city.rain", match: "exact", maxEvents: 5, maxBytes: 4_096, maxAgeMs: 60_000 },
  ]);
  expect(realms[0]?.trustLevels).toEqual([
    { uri: "city.", match: "prefix", authrole: "lamp", authid: "lamp", level: 2 },
  ]);
  expect(realms[0]?.join[2]).toMatchObject({ users: [{ salting: { keylen: 32 } }] });
  expect(listen).toMatchObject([
    { at: { host: "127.0.0.1", port: 8080 }, maxFrameBytes: 1_048_576, pingEveryMs: 14_000 },
    { at: { path: "/run/router.sock" }, pingEveryMs: 0 },
  ]);
});

/** The config with the member at `path` replaced; `undefined` takes it out. */
const withOther = (path: string, value: unknown): unknown => {
  const copy = structuredClone(good) as unknown;
  const steps = path.split(".");
  const last = steps.pop() as string;
  let at = copy as Record<string, unknown>;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  at[last] = value;
  return copy;
};

it.each<[path: string, value: unknown, setting: string, because: RegExp]>([
  ["listen.0.origins", [], "listen[0].origins", /a list of origins/],
  ["listen.0.origins", ["city.example"], "listen[0].origins", /a list of origins/],
  ["listen.1.origins", ["*"], "listen[1].origins", /for WebSockets/],
  ["realms", [], "realms", /one at least/],
  ["realms", "x", "realms", /a list/],
  ["realms", [good.realms[0], good.realms[0]], "realms", /city twice/],
  ["realms.0", [], "realms[0]", /an object/],
  ["realms.0.name", "a b", "realms[0].name", /a URI/],
  ["realms.0.join", [], "realms[0].join", /one way/],
  ["realms.0.join.0.method", "password", "realms[0].join[0].method", /one of anonymous/],
  ["realms.0.join.0.role", undefined, "realms[0].join[0].role", /a text/],
  ["realms.0.join.1.users.0.ticket", "", "realms[0].join[1].users[0].ticket", /a text/],
  ["realms.0.join.2.strangersSecret", undefined, "realms[0].join[2].strangersSecret", /salted/],
  ["realms.0.join.3.users.0.publicKey", "AB", "realms[0].join[3].users[0].publicKey", /hex/],
  ["realms.0.roles.guest.0.uri", "", "realms[0].roles.guest[0].uri", /a URI/],
  ["realms.0.roles.guest.0.uri", "a b", "realms[0].roles.guest[0].uri", /a URI/],
  ["realms.0.roles.guest.0.allow", ["shout"], "realms[0].roles.guest[0].allow", /a list of call/],
  ["realms.0.limits.subscriptions", 0, "realms[0].limits.subscriptions", /from 1/],
  ["realms.0.limits.bytes", 1, "realms[0].limits.bytes", /not known/],
  ["realms.0.eventHistory.0.uri", "a b", "realms[0].eventHistory[0].uri", /a URI/],
  [
    "realms.0.eventHistory.1.maxEvents",
    0,
    "realms[0].eventHistory[1].maxEvents",
    /from 1 to 100000/,
  ],
  ["realms.0.eventHistory.1.maxBytes", 1, "realms[0].eventHistory[1].maxBytes", /from 1024/],
  ["realms.0.eventHistory.1.maxAgeMs", 1, "realms[0].eventHistory[1].maxAgeMs", /from 1000/],
  [
    ...(["realms.0.eventHistory.1", { uri: "city.", match: "prefix" }] as const),
    ...(["realms[0].eventHistory[1]", /came already/] as const),
  ],
  ["realms.0.trustLevels.0.level", -1, "realms[0].trustLevels[0].level", /from 0/],
  ["realms.0.trustLevels.0.uri", "a b", "realms[0].trustLevels[0].uri", /a URI/],
  ["realms.0.trustLevels.0.who", "x", "realms[0].trustLevels[0].who", /not known/],
  ["realms.0.relams", 1, "realms[0].relams", /not known/],
  ["listen.0.port", "8080", "listen[0].port", /whole number/],
  ["listen.0.path", "/x", "listen[0].path", /stands in the place/],
  ["listen.0.pingEveryMs", 0, "listen[0].pingEveryMs", /from 100/],
  ["listen.1.maxFrameBytes", 2 ** 24, "listen[1].maxFrameBytes", /from 512 to 16777215/],
  ["listen.0.tls", {}, "listen[0].tls.certFile", /a text/],
])("refuses %s = %j: %s %s", (path, value, setting, because) => {
  const other =
    path === "realms.0.roles.guest.0.uri" && value === ""
      ? withOther("realms.0.roles.guest.0", { uri: "", match: "exact", allow: ["call"] })
      : withOther(path, value);
  expect(() => readRouterConfig(other)).toThrow(
    expect.objectContaining({
      code: "config.invalid",
      details: { setting, because: expect.stringMatching(because) },
    }),
  );
});

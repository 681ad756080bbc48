// Two tenants at the original's API: for each of its endpoints, what is another project's is answered as what is not there, by id
// and by name, and no list tells of it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { V1Row } from "../src/http/iotronic-v1/row.ts";
import { rows } from "../src/http/iotronic-v1/rows.ts";
import type { Answered } from "./cloud.ts";
import { tokenHeader } from "./iotronic-v1/run.ts";
import { openStage, type Stage } from "./iotronic-v1/stage.ts";

let stage: Stage;
/** Of the manager's project: by the names that paths have for them, by id and by name. */
const theirs: Record<"id" | "name", Record<string, string>> = { id: {}, name: {} };
const nowhere = "00000000-0000-7000-8000-000000000000";
const place = [{ longitude: "1", latitude: "2", altitude: "0" }];

const ask = (
  who: keyof Stage["tokens"],
  method: string,
  path: string,
  body?: unknown,
): Promise<Answered> =>
  stage.cloud.call(method, path, {
    headers: tokenHeader(stage.tokens[who]),
    ...(body === undefined ? {} : { body }),
  });

beforeAll(async () => {
  stage = await openStage();
  const made = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await ask("manager", "POST", path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const plugin = await made("/v1/plugins", { name: "secret", code: "print(1)", public: true });
  const service = await made("/v1/services", { name: "hidden", port: 22, protocol: "TCP" });
  const fleet = await made("/v1/fleets", { name: "buses" });
  const { online = "" } = stage.known;
  for (const [method, path, body] of [
    ["PUT", "/v1/boards/live/plugins", { plugin: "secret" }],
    ["POST", "/v1/boards/live/services/hidden/action", { action: "ServiceEnable" }],
    ["POST", "/v1/boards/live/plugins/secret", { action: "PluginStart" }],
  ] as const) {
    const answer = await ask("manager", method, path, body);
    expect(answer.status, answer.text).toBe(200);
  }
  const requests = (await ask("manager", "GET", "/v1/requests")).body.requests;
  theirs.id = {
    board: online,
    plugin: plugin.uuid ?? "",
    service: service.uuid ?? "",
    fleet: fleet.uuid ?? "",
    request: requests[0].uuid,
  };
  theirs.name = {
    board: "live",
    plugin: "secret",
    service: "hidden",
    request: requests[0].uuid,
    fleet: "buses",
  };
}, 60_000);
afterAll(() => stage.close());

/** A body that would do, were the path one's own. */
const bodies: Readonly<Record<number, object>> = {
  5: { name: "mine", code: "c", location: place },
  7: { name: "mine" },
  9: { action: "DevicePing" },
  11: { plugin: "secret", onboot: true },
  12: { action: "PluginStatus" },
  15: { action: "ServiceEnable" },
  20: { network: nowhere, subnet: nowhere },
  23: { name: "a", port: 80 },
  24: { dns: "a", zone: "b", email: "c" },
  30: { name: "mine", code: "print(2)" },
  32: { extra: { a: "b" } },
  37: { name: "mine", port: 22, protocol: "TCP" },
  39: { port: 23 },
  43: { name: "mine" },
  45: { description: "mine" },
};

const pathOf = ({ path }: V1Row, known: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_whole, name: string) => known[name] ?? nowhere);

const sentence = (answer: Answered): string =>
  JSON.parse(answer.body.error_message).faultstring as string;

describe.each(rows.filter(({ path }) => path.includes("{")))("$method $path", (row) => {
  it.each(["id", "name"] as const)("of another project, by %s, is not there", async (by) => {
    const path = pathOf(row, theirs[by]);
    const answer = await ask("stranger", row.method, path, bodies[row.number]);
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining("error_message")]);
    // In the same words as what never was: nothing of it but what was asked for.
    const never = Object.fromEntries(
      Object.keys(theirs.id).map((name) => [
        name,
        by === "id" || name === "request" ? nowhere : "never",
      ]),
    );
    const other = await ask("stranger", row.method, pathOf(row, never), bodies[row.number]);
    const plain = (text: string) =>
      [...Object.values(theirs[by]), ...Object.values(never)].reduce(
        (all, name) => all.replaceAll(name, "X"),
        text,
      );
    expect([other.status, plain(sentence(other))]).toEqual([404, plain(sentence(answer))]);
  });
});

it.each(rows.filter(({ path, method }) => method === "GET" && !path.includes("{")))(
  "$path lists nothing of another project",
  async ({ path, query = [] }) => {
    const asked = [
      path,
      `${path}?fields=uuid`,
      ...(query.includes("with_public") ? [`${path}?with_public=true`] : []),
    ];
    for (const each of asked) {
      const answer = await ask("stranger", "GET", each);
      if (answer.status === 400) continue;
      expect(answer.status, answer.text).toBe(200);
      expect(Object.values(answer.body)).toEqual([[]]);
    }
  },
);

it("names of one project are free in another", async () => {
  for (const [path, body] of [
    ["/v1/boards", { name: "live", code: "c", location: place }],
    ["/v1/plugins", { name: "secret", code: "print(2)" }],
    ["/v1/fleets", { name: "buses" }],
    ["/v1/services", { name: "hidden", port: 1, protocol: "TCP" }],
  ] as const) {
    const answer = await ask("stranger", "POST", path, body);
    expect(answer.status, answer.text).toBe(201);
  }
  // By that name each reaches its own from now on.
  const own = await ask("stranger", "GET", "/v1/boards/live");
  expect(own.body.uuid).not.toBe(theirs.id.board);
  expect((await ask("manager", "GET", "/v1/boards/live")).body.uuid).toBe(theirs.id.board);
});

it("an administrator reaches all of it by id", async () => {
  for (const path of [
    "boards/{board}",
    "boards/{board}/plugins",
    "boards/{board}/services",
    "plugins/{plugin}",
    "services/{service}",
    "requests/{request}",
    "requests/{request}/results",
  ]) {
    const answer = await ask(
      "admin",
      "GET",
      `/v1/${path.replace(/\{(\w+)\}/, (_, name) => theirs.id[name] ?? "")}`,
    );
    expect([path, answer.status]).toEqual([path, 200]);
  }
});

it("a refusal for want of a role is in the audit log, as one at /api is, and nothing else that was asked", async () => {
  const denials = async (): Promise<string[]> => {
    const { body } = await stage.cloud.call("GET", "/api/audit?limit=100", {
      token: stage.cloud.admin,
      project: "all",
    });
    const entries = body.items as { status: string; name: string; actor: { name: string } }[];
    return entries
      .filter(({ status, actor }) => status === "denied" && actor.name === "ada")
      .map(({ name }) => name);
  };
  // What an auditor may not see of it is left out, and no denial.
  for (const path of ["plugins/detail", "boards/live/services/status", "boards/detail"])
    expect((await ask("auditor", "GET", `/v1/${path}`)).status).toBe(200);
  expect((await ask("auditor", "DELETE", `/v1/boards/${theirs.id.board}`)).status).toBe(403);
  await expect.poll(denials).toEqual(["board.retire"]);
});

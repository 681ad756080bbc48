// Plugins on boards that run the original agent: sent as the text that it unpickles, called, started, taken off; and what is refused.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpickled } from "../src/http/iotronic-v1/pickle.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import {
  anOriginal,
  connectOriginal,
  Ended,
  legacyArgs,
  type Original,
  registerOriginal,
} from "./original.ts";
import { create, ownerKey, pack } from "./plugin.ts";

const source = `from iotronic_lightningrod.modules.plugins import Plugin

class Worker(Plugin.Plugin):
    def run(self):
        self.q_result.put("già \\u263a 🚌")
`;

let cloud: TestCloud;
let uuid: string;
let board: Original;
let inject: () => unknown = () => "INJECTED";
const methods = {
  PluginInject: () => inject(),
  PluginCall: ([, params]: readonly unknown[]) => ({ heard: params }),
};

const ask = (method: string, path: string, body?: unknown): Promise<Answered> =>
  cloud.call(method, path, {
    token: cloud.admin,
    ...(body === undefined ? {} : { body }),
    headers: { prefer: "wait=20" },
  });
const onBoard = (plugin: string, verb = ""): string =>
  `/api/boards/${uuid}/plugins/${plugin}${verb}`;
const called = (method: string) => board.calls.filter((each) => each.method === method);
const entryOf = async (plugin: string) => (await ask("GET", onBoard(plugin))).body.entry;

beforeAll(async () => {
  cloud = await openTestCloud({}, legacyArgs);
  ({ uuid } = await anOriginal(cloud, "lamp"));
  board = await connectOriginal(cloud, uuid, { methods });
  for (const [name, callable] of [
    ["hello", true],
    ["worker", false],
  ] as const) {
    const made = await cloud.call("POST", "/v1/plugins", {
      headers: { "x-auth-token": cloud.admin },
      body: { name, code: source, callable, public: false, parameters: { name: "you" } },
    });
    expect([made.status, made.text]).toEqual([201, made.text]);
  }
}, 60_000);
afterAll(() => cloud.close());

describe("a plugin of the original's form", () => {
  it("is injected as the pickle of its source, once, and called with its parameters", async () => {
    expect((await ask("PUT", onBoard("hello"), {})).status).toBeLessThan(300);
    await expect.poll(async () => (await entryOf("hello")).state).toBe("reached");
    const [first] = called("PluginInject");
    const [plugin, onBoot] = (first?.args ?? []) as [Record<string, unknown>, boolean];
    expect(plugin).toMatchObject({ name: "hello", callable: true, public: false });
    expect(unpickled(String(plugin.code))).toBe(source);
    expect(onBoot).toBe(false);
    const answer = await ask("POST", onBoard("hello", "/call"), { parameters: { name: "there" } });
    expect(answer.body.result.result).toEqual({ heard: { name: "there" } });
    expect(called("PluginCall")[0]?.args).toEqual([plugin.uuid, { name: "there" }]);
  });

  it("is there still when the board comes back: nothing is sent again", async () => {
    const before = called("PluginInject").length;
    await board.session.close();
    board = await connectOriginal(cloud, uuid, { methods });
    const answer = await ask("POST", onBoard("hello", "/call"), {});
    expect(answer.body.status).toBe("done");
    expect([before, called("PluginInject").length]).toEqual([1, 0]);
  });

  it("is started, looked at, stopped, and taken off by the id that it was put on with", async () => {
    await ask("PUT", onBoard("worker"), { onBoot: false });
    await expect.poll(async () => (await entryOf("worker")).state).toBe("reached");
    expect((await ask("POST", onBoard("worker", "/start"), {})).body.status).toBe("done");
    expect((await ask("GET", onBoard("worker", "/status"))).body.state).toBe("running");
    expect((await ask("POST", onBoard("worker", "/restart"), {})).body.status).toBe("done");
    expect((await ask("POST", onBoard("worker", "/stop"), {})).body.status).toBe("done");
    expect((await ask("GET", onBoard("worker", "/lines"))).code).toBe("board.original");
    const { uuid: id } = (called("PluginInject").at(0)?.args[0] ?? {}) as { uuid?: string };
    await ask("DELETE", onBoard("worker"));
    await expect.poll(() => called("PluginRemove").map(({ args }) => args)).toEqual([[id]]);
    expect(called("PluginStart")[0]?.args).toEqual([id, { name: "you" }]);
  });

  it("that the agent refuses is a failed entry, tried again when the board is back", async () => {
    inject = () => new Ended("ERROR", "no room left");
    await ask("PUT", onBoard("worker"), { onBoot: false });
    await expect.poll(async () => (await entryOf("worker")).state).toBe("failed");
    expect((await entryOf("worker")).problem).toMatchObject({
      code: "board.failed",
      sentence: expect.stringContaining("no room left"),
    });
    inject = () => "INJECTED";
    await board.session.close();
    board = await connectOriginal(cloud, uuid, { methods });
    await expect.poll(async () => (await entryOf("worker")).state).toBe("reached");
  });

  it("is given again to a board that has registered anew", async () => {
    await board.session.close();
    const { body } = await ask("POST", `/api/boards/${uuid}/enrolment`, {
      agent: "original",
      code: "a-second-code",
    });
    expect(body.enrolment).toBe("a-second-code");
    expect((await registerOriginal(cloud, "a-second-code")).result).toBe("SUCCESS");
    board = await connectOriginal(cloud, uuid, { methods });
    await expect.poll(() => called("PluginInject").length).toBe(2);
  });
});

describe("what an original agent is not given", () => {
  it("is a plugin of ours, a shell, files, a forward", async () => {
    const packed = pack(
      "of-ours",
      { "main.py": "def main(params, ctx): return 1" },
      { runtime: "python" },
    );
    expect((await create(cloud, packed)).status).toBe(201);
    expect((await ask("PUT", onBoard("of-ours"), {})).body.unsigned).toBe(true);
    await expect.poll(async () => (await entryOf("of-ours")).state).toBe("failed");
    expect((await entryOf("of-ours")).problem.code).toBe("board.original");
    await ask("DELETE", onBoard("of-ours"));
    for (const [door, body] of [
      ["shell", {}],
      ["files", {}],
      ["forward", { host: "localhost", port: 22 }],
    ] as const) {
      const answer = await ask("POST", `/api/boards/${uuid}/${door}`, body);
      expect([door, answer.code]).toEqual([door, "board.original"]);
    }
  });

  it("is anything of a project whose key is its owner's", async () => {
    const { project } = (await ask("GET", `/api/boards/${uuid}`)).body;
    const owner = ownerKey();
    const versions = ["hello", "worker", "of-ours"].map(async (name) => {
      const { latest } = (await ask("GET", `/api/plugins/${name}`)).body;
      return [latest.version, owner.signVersion(latest.version).signature] as const;
    });
    const signatures = Object.fromEntries(await Promise.all(versions));
    const sent = called("PluginInject").length;
    const { key, proof } = owner;
    const sealed = await ask("POST", `/api/projects/${project}/seal`, { key, proof, signatures });
    expect([sealed.status, sealed.text]).toEqual([200, sealed.text]);
    await expect.poll(async () => (await entryOf("hello")).state).toBe("failed");
    expect((await entryOf("hello")).problem).toMatchObject({
      code: "board.original",
      sentence: expect.stringContaining("signature"),
    });
    expect(called("PluginInject").length).toBe(sent);
  });
});

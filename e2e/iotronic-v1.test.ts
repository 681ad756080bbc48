// A plugin written for the original's agent, brought by the original's API to a real board of ours: called, started, stopped.
import { join } from "node:path";
import { expect, it } from "vitest";
import { startAgent } from "./agent.ts";
import { startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const echo = `from iotronic_lightningrod.modules.plugins import Plugin
from iotronic_lightningrod.modules.plugins import pluginApis as API
from oslo_log import log as logging
LOG = logging.getLogger(__name__)


class Worker(Plugin.Plugin):
    def __init__(self, uuid, name, q_result=None, params=None):
        super(Worker, self).__init__(uuid, name, q_result, params)

    def run(self):
        if self.params["name"] == "nobody":
            raise ValueError("nobody is here")
        LOG.info("called")
        self.q_result.put("hello %s, on %s: \\u00e8 \\\\ \\N{EARTH GLOBE EUROPE-AFRICA}" % (self.params["name"], API.getBoardID()))
`;
const runner = `import time
from iotronic_lightningrod.modules.plugins import Plugin


class Worker(Plugin.Plugin):
    def run(self):
        count = 0
        while self._is_running:
            print(self.params["message"], count)
            count += 1
            time.sleep(0.05)
`;

it("runs a Worker of the original", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(join(folder.path, "cloud"));
  let agent: ReturnType<typeof startAgent> | undefined;
  try {
    const token = await cloud.signIn();
    const v1 = async (method: string, path: string, body?: unknown) => {
      const answer = await cloud.call(method, `/v1${path}`, body, { "x-auth-token": token });
      if (answer.status >= 300)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.body;
    };
    const board = await v1("POST", "/boards", {
      ...{ name: "lamp-7", code: "any", type: "server" },
      location: [{ longitude: "15.55", latitude: "38.19", altitude: "3" }],
    });
    agent = startAgent(join(folder.path, "agent"), ["--enrol", board.code]);
    await until(
      () => v1("GET", "/boards/lamp-7"),
      ({ status, lr_version }) => status === "online" && lr_version !== null,
      30_000,
    );
    const act = (plugin: string, action: string, parameters?: object) =>
      v1("POST", `/boards/lamp-7/plugins/${plugin}`, { action, parameters });

    await v1("POST", "/plugins", {
      name: "echo",
      code: echo,
      callable: true,
      parameters: { name: "" },
    });
    expect(await v1("PUT", "/boards/lamp-7/plugins", { plugin: "echo", onboot: false })).toBe(
      "PluginInject result: INJECTED",
    );
    expect(await act("echo", "PluginCall", { name: "you" })).toBe(
      `hello you, on ${board.uuid}: è \\ 🌍`,
    );
    await expect(act("echo", "PluginCall", { name: "nobody" })).rejects.toThrow("nobody is here");
    expect(await act("echo", "PluginCall", { name: "again" })).toContain("hello again");

    await v1("POST", "/plugins", { name: "runner", code: runner, parameters: { message: "" } });
    await v1("PUT", "/boards/lamp-7/plugins", { plugin: "runner", onboot: false });
    expect(await act("runner", "PluginStart", { message: "tick" })).toBe("STARTED");
    await until(
      () => cloud.call("GET", "/api/boards/lamp-7/plugins/runner/lines"),
      ({ text }) => text.includes("tick 3"),
      20_000,
    );
    expect(await act("runner", "PluginStatus")).toBe("ALIVE");
    expect(await act("runner", "PluginStop", { delay: 0 })).toBe("STOPPED");
    expect(await act("runner", "PluginStatus")).toBe("DEAD");

    // A change of its code is the next version; the board gets it with the next injection.
    await v1("PATCH", "/plugins/echo", { code: echo.replace("hello", "good day") });
    expect(await v1("PUT", "/boards/lamp-7/plugins", { plugin: "echo" })).toBe(
      "PluginInject result: UPDATED",
    );
    expect(await act("echo", "PluginCall", { name: "you" })).toContain("good day you");
    const { results } = await v1(
      "GET",
      `/requests/${(await v1("GET", "/requests?limit=1")).requests[0].uuid}/results`,
    );
    expect(results).toMatchObject([
      { result: "SUCCESS", message: expect.stringContaining("hello you") },
    ]);
    await v1("DELETE", "/boards/lamp-7/plugins/echo");
    await v1("DELETE", "/plugins/echo");
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 120_000);

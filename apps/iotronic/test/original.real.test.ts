// The original agent's calls exactly, on Debian's python3-autobahn, and a client of its tunnels beside each: several boards register,
// are given plugins and services, lose their sockets, outlive an outage of ours.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createLog, systemClock } from "@s4t/kit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cloud, composeCloud } from "../src/compose.ts";
import { readConfig } from "../src/config.ts";
import { runWstun, type WstunClient } from "./wstun.ts";

const PYTHON = "/usr/bin/python3";
const BOARDS = 4;
const folder = mkdtempSync(join(tmpdir(), "s4t-originals-"));
let cloud: Cloud;
let args: string[];
let token: string;
let service: Server;
let local: number;

interface Agent {
  readonly process: ChildProcess;
  readonly said: { readonly what: string; readonly port?: number; readonly local?: number }[];
  readonly clients: WstunClient[];
}
const agents: Agent[] = [];

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};
const open = async (): Promise<void> => {
  cloud = await composeCloud(readConfig(args, {}), folder, {
    clock: systemClock,
    log: createLog(() => {}, "error"),
    restart: () => {},
  });
  await cloud.start();
};
// biome-ignore lint/suspicious/noExplicitAny: as of every answer
const ask = async (method: string, path: string, body?: unknown): Promise<any> => {
  const answer = await fetch(`http://127.0.0.1:${cloud.http.port()}${path}`, {
    method,
    headers: {
      "x-auth-token": token,
      prefer: "wait=20",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return text === "" ? undefined : JSON.parse(text);
};
const v1 = (method: string, path: string, body?: unknown) => ask(method, `/v1${path}`, body);
const names = Array.from({ length: BOARDS }, (_, i) => `old-${i}`);
const allOnline = (): Promise<void> =>
  expect
    .poll(async () => (await v1("GET", "/boards?status=online")).boards.length, { timeout: 60_000 })
    .toBe(BOARDS);

/** Starts the agent as it is installed: with a code and an address. */
const startAgent = (name: string, code: string): Agent => {
  const settings = join(folder, `${name}.json`);
  const url = `ws://127.0.0.1:${cloud.legacy?.ports().wamp}/`;
  const registration = { url, realm: "s4t" };
  writeFileSync(
    settings,
    JSON.stringify({ iotronic: { board: { code }, wamp: { "registration-agent": registration } } }),
  );
  const program = fileURLToPath(new URL("original-agent.py", import.meta.url));
  const child = spawn(PYTHON, [program, settings], { stdio: ["pipe", "pipe", "inherit"] });
  const agent: Agent = { process: child, said: [], clients: [] };
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    const said = JSON.parse(line) as Agent["said"][number];
    agent.said.push(said);
    if (said.what !== "serve") return;
    runWstun({ cloud }, Number(said.port), Number(said.local)).then(
      (client) => agent.clients.push(client),
      () => {},
    );
  });
  return agent;
};
const exchange = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve("")).on("close", () => resolve(""));
    socket.on("data", (bytes) => {
      resolve(bytes.toString());
      socket.destroy();
    });
    socket.write(text);
  });

beforeAll(async () => {
  args = [
    ...["--data", folder, "--port", "0", "--board", "off", "--legacy.enabled", "true"],
    ...[
      "--legacy.wamp-port",
      String(await freePort()),
      "--legacy.wstun-port",
      String(await freePort()),
    ],
    ...["--gateway.first-port", "21600", "--gateway.last-port", "21699"],
  ];
  await open();
  const made = await cloud.identity.users.ensureAdministrator();
  const signedIn = await fetch(`http://127.0.0.1:${cloud.http.port()}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method: "password", name: "admin", password: made?.password }),
  });
  ({ token } = (await signedIn.json()) as { token: string });
  service = createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(
    0,
    "127.0.0.1",
  );
  await once(service, "listening");
  local = (service.address() as AddressInfo).port;
}, 60_000);
afterAll(async () => {
  for (const { process: child, clients } of agents) {
    for (const client of clients) client.close();
    child.stdin?.end();
  }
  service.close();
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("several register at once with codes of their owners' choice, and are online", async () => {
  for (const name of names)
    await v1("POST", "/boards", {
      ...{ name, code: `CODE-of-${name}`, type: "server" },
      location: [{ longitude: "15.5", latitude: "38.2", altitude: "3" }],
    });
  for (const name of names) agents.push(startAgent(name, `CODE-of-${name}`));
  await allOnline();
  // Online in the cloud a moment before it has offered all that it can.
  for (const { said } of agents)
    await expect.poll(() => said.map(({ what }) => what)).toEqual(["registered", "connected"]);
});

it("runs a plugin that is injected as its source, and answers later what it said was under way", async () => {
  const code = `class Worker(Plugin.Plugin):
    def run(self):
        self.q_result.put("Perché no, " + self.params["name"] + " 🚌")
`;
  await v1("POST", "/plugins", { name: "greet", code, callable: true, parameters: { name: "" } });
  for (const name of names) {
    expect(await v1("PUT", `/boards/${name}/plugins`, { plugin: "greet", onboot: false })).toBe(
      "PluginInject result: INJECTED",
    );
    const call = { action: "PluginCall", parameters: { name } };
    expect(await v1("POST", `/boards/${name}/plugins/greet`, call)).toBe(`Perché no, ${name} 🚌`);
  }
  const echo = { action: "DeviceEcho", parameters: { say: "ciao" } };
  expect(await v1("POST", "/boards/old-0/action", echo)).toMatch(/^ciao @ /);
  const operation = await ask("POST", "/api/boards/old-1/original", {
    method: "DeviceUpgradeLR",
    args: [{ version: "0.5.1" }],
  });
  expect(operation).toMatchObject({ status: "done", result: { message: "upgraded to 0.5.1" } });
  await expect.poll(() => agents[1]?.said.at(-1)?.what).toBe("notified");
});

const ports = new Map<string, number>();

it("exposes a service by a client that tells nobody which board it is", async () => {
  await v1("POST", "/services", { name: "echo", port: local, protocol: "TCP" });
  for (const name of names) {
    await v1("POST", `/boards/${name}/services/echo/action`, { action: "ServiceEnable" });
    const { exposed } = await v1("GET", `/boards/${name}/services`);
    ports.set(name, exposed[0].public_port);
    await expect.poll(() => exchange(exposed[0].public_port, name)).toBe(name);
  }
});

it("comes back by itself when its socket is lost, with what it has", async () => {
  const [lost] = agents;
  const before = lost?.said.length ?? 0;
  lost?.process.stdin?.write("drop\n");
  await expect
    .poll(() => lost?.said.slice(before).map(({ what }) => what), { timeout: 30_000 })
    .toContain("connected");
  await allOnline();
  for (const client of lost?.clients.splice(0) ?? []) client.close();
  const port = ports.get("old-0") ?? 0;
  lost?.clients.push(await runWstun({ cloud }, port, local));
  await expect.poll(() => exchange(port, "again")).toBe("again");
  const call = { action: "PluginCall", parameters: { name: "you" } };
  expect(await v1("POST", "/boards/old-0/plugins/greet", call)).toMatch(/you/);
});

it("comes back by itself after an outage of ours, and so do all", async () => {
  await cloud.stop();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await open();
  await allOnline();
  for (const name of names) {
    const call = { action: "PluginCall", parameters: { name } };
    await expect
      .poll(() => v1("POST", `/boards/${name}/plugins/greet`, call), { timeout: 30_000 })
      .toMatch(name);
  }
  await v1("POST", "/boards/old-2/services/echo/action", { action: "ServiceDisable" });
  await expect.poll(() => agents[2]?.said.some(({ what }) => what === "withdraw")).toBe(true);
});

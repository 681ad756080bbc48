// `./s4t router`: a router for programs of others, met by a client of another house.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { autobahnHouse } from "../packages/wamp/test/interop/autobahn.ts";
import { type Doors, failureOf } from "../packages/wamp/test/interop/foreign.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

interface Started {
  readonly child: ChildProcess;
  /** Kind → where it listens. */
  readonly urls: Readonly<Record<string, string>>;
  readonly ended: Promise<number | null>;
  readonly complaint: () => string;
}

/** Starts it; resolves when it tells where it listens, or has ended. */
const start = async (listeners: number, ...args: string[]): Promise<Started> => {
  const main = new URL("../apps/cli/src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=source", main, "router", ...args], {
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let told = "";
  let complaint = "";
  child.stdout.on("data", (chunk) => {
    told += chunk;
  });
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await expect
    .poll(() => isOver || told.split("\n").length > listeners, { timeout: 15_000 })
    .toBe(true);
  const lines = told.trim().split("\n");
  return {
    ...{ child, ended, complaint: () => complaint },
    urls: Object.fromEntries(lines.map((line) => line.split(" ") as [string, string])),
  };
};
const doorsOf = (urls: Started["urls"]): Doors => ({
  webSocket: urls.webSocket ?? "",
  tcp: 0,
  unix: (urls.rawSocket ?? "").replace("unix:", ""),
});

it("serves a realm to whoever comes on loopback, and says goodbye on SIGTERM", async () => {
  const { child, urls, ended } = await start(1, "--port", "0", "--realm", "realm");
  expect(urls.webSocket).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
  const house = autobahnHouse("CBOR");
  const [a, b] = [await house.join(doorsOf(urls)), await house.join(doorsOf(urls))];
  await a.register("it.add", ([x, y]) => Number(x) + Number(y));
  expect(await b.call("it.add", [2, 3])).toBe(5);
  expect(await failureOf(b.call("wamp.session.kill_all"))).toMatch(/wamp\.error\./);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("keeps to its config: ways to join, permissions, a Unix socket, metrics; slow requests are cut", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-router-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "router.json");
  const users = [{ authid: "joe", role: "person", ticket: "letmein" }];
  writeFileSync(
    config,
    JSON.stringify({
      realms: [
        {
          name: "realm",
          join: [
            { method: "ticket", users },
            { method: "anonymous", role: "guest" },
          ],
          roles: {
            guest: [{ uri: "it.open.", match: "prefix", allow: ["subscribe"] }],
            person: [{ uri: "it.", match: "prefix", allow: ["publish", "register", "call"] }],
          },
        },
      ],
      listen: [
        { kind: "webSocket", port: 0 },
        { kind: "rawSocket", path: join(folder, "router.sock") },
      ],
    }),
  );
  chmodSync(config, 0o600);
  const { child, urls, ended } = await start(3, "--config", config, "--metrics", "0");
  const doors = doorsOf(urls);
  const guest = await autobahnHouse("JSON", "unix").join(doors);
  const login = { method: "ticket", authid: "joe", secret: "letmein" };
  const joe = await autobahnHouse("Msgpack").join(doors, login);
  await expect(autobahnHouse("JSON").join(doors, { ...login, secret: "guess" })).rejects.toThrow(
    "authentication_failed",
  );
  const heard: unknown[] = [];
  await guest.subscribe("it.open.news", ([one]) => heard.push(one));
  await joe.publish("it.open.news", ["rain"]);
  await expect.poll(() => heard).toEqual(["rain"]);
  await joe.register("it.secret", () => 1);
  expect(await failureOf(guest.call("it.secret"))).toBe("wamp.error.not_authorized");
  const denied = guest.subscribe("it.", () => {}, { match: "prefix" });
  await expect(denied).rejects.toMatchObject({ error: "wamp.error.not_authorized" });

  const metrics = await (await fetch(new URL("/metrics", urls.metrics))).text();
  expect(metrics).toContain('wamp_sessions{realm="realm"} 2');
  expect(metrics).toMatch(/wamp_refused_total 1\n/);
  expect(metrics).toContain(`wamp_connections{listener="${urls.webSocket}"} 1`);

  // A request that never ends keeps no descriptor.
  const { port } = new URL(doors.webSocket);
  const slow = connect({ port: Number(port), host: "127.0.0.1" });
  cleanups.push(() => slow.destroy());
  let answer = "";
  slow.on("data", (chunk) => {
    answer += chunk;
  });
  slow.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: web");
  await expect.poll(() => answer, { timeout: 15_000 }).toContain("408 Request Timeout");

  child.kill("SIGTERM");
  expect(await ended).toBe(0);
}, 40_000);

it.each([
  [["--listen", "0.0.0.0"], "--listen", /needs a --config/],
  [["--port", "eighty"], "--port", /must be a port/],
  [["--realm", "a b"], "--realm", /must be a URI/],
  [["--config", "/nowhere.json"], "--config", /cannot be read \(ENOENT\)/],
])("refuses %j and says why", async (args, setting, because) => {
  const { ended, complaint } = await start(1, ...args);
  expect(await ended).toBe(78);
  expect(complaint()).toMatch(because);
  expect(complaint()).toContain(`Setting ${setting}:`);
  expect(complaint()).toContain("(config.invalid)");
});

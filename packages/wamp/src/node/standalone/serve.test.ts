import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { silentLog, systemClock } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { cryptosignCredentials } from "../../auth/cryptosign.ts";
import { craCredentials } from "../../auth/wampcra.ts";
import { pastEvents } from "../../client/event-history.ts";
import { joinRealm } from "../../client/join.ts";
import { cborCodec } from "../../codec/cbor.ts";
import { openPeer } from "../../peer.ts";
import { createEd25519KeyPair, ed25519Signer } from "../ed25519.ts";
import { connectRawSocket } from "../rawsocket-client.ts";
import { connectWebSocket } from "../websocket-client.ts";
import { readRouterConfig } from "./config.ts";
import { type ServedRouter, serveRouter } from "./serve.ts";

const deps = { clock: systemClock, log: silentLog };
const { certificate: cert, key }: { readonly certificate: string; readonly key: string } =
  JSON.parse(readFileSync(new URL("../../../vectors/loopback-tls.json", import.meta.url), "utf8"));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
let folder = "";
let tls = {};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wamp-serve-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  tls = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
});

const keys = createEd25519KeyPair();
const all = [{ uri: "", match: "prefix", allow: ["call", "register", "publish", "subscribe"] }];
const realm = {
  name: "r",
  retainedEvents: 1,
  eventHistory: [{ uri: "a.", match: "prefix", maxEvents: 2 }],
  trustLevels: [{ uri: "a.", match: "prefix", role: "person", level: 2 }],
  limits: { subscriptions: 1 },
  join: [
    {
      ...{ method: "cryptosign", channelBinding: "required" },
      users: [{ authid: "lamp", role: "lamp", publicKey: keys.publicKey }],
    },
    { method: "wampcra", users: [{ authid: "ann", role: "person", secret: "s3cret" }] },
    { method: "anonymous", role: "guest" },
  ],
  roles: {
    lamp: all,
    person: [...all, { uri: "wamp.subscription.get_events", allow: ["call"] }],
  },
};
const serve = async (listen: object[]): Promise<ServedRouter> => {
  const served = await serveRouter(readRouterConfig({ realms: [realm], listen }), deps);
  cleanups.push(() => served.close());
  return served;
};
const { subprotocol } = cborCodec;

describe("a served router", () => {
  it("speaks TLS over WebSocket, and binds keys to the channel", async () => {
    const { listeners } = await serve([{ kind: "webSocket", port: 0, tls }]);
    const url = listeners[0]?.url ?? "";
    expect(url).toMatch(/^wss:/);
    const join = async (bound: boolean) => {
      const transport = await connectWebSocket({ url, subprotocol, tls: { ca: cert } }, deps);
      const credentials = cryptosignCredentials({
        publicKey: keys.publicKey,
        sign: ed25519Signer(keys.privateKey),
        channelId: bound ? transport.channelId : undefined,
      });
      return joinRealm(openPeer(transport, cborCodec), { realm: "r", credentials }, deps);
    };
    const lamp = await join(true);
    expect(lamp).toMatchObject({ authid: "lamp", authrole: "lamp" });
    await lamp.subscribe("a.b", () => {});
    await expect(lamp.subscribe("a.c", () => {})).rejects.toMatchObject({
      uri: "wamp.error.unavailable",
    });
    await expect(join(false)).rejects.toMatchObject({ uri: "wamp.error.authentication_failed" });
    await lamp.close();
  });

  it("speaks TLS over raw sockets", async () => {
    const { listeners } = await serve([{ kind: "rawSocket", port: 0, tls, maxFrameBytes: 4_096 }]);
    const { port } = new URL(listeners[0]?.url ?? "");
    expect(listeners[0]?.url).toMatch(/^rss:/);
    const socket = connectTls({ port: Number(port), host: "127.0.0.1", ca: cert });
    cleanups.push(() => socket.destroy());
    let told = "";
    socket.on("data", (chunk: Buffer) => {
      told += chunk.toString("hex");
    });
    socket.write(Buffer.from([0x7f, 0xf3, 0, 0]));
    // 3: 2^(9 + 3) is 4096.
    await expect.poll(() => told).toBe("7f330000");
  });

  it("lets in by a secret, and tells everybody goodbye when it closes, on every listener", async () => {
    const path = join(folder, "router.sock");
    const served = await serve([
      { kind: "webSocket", port: 0 },
      { kind: "rawSocket", path },
      { kind: "metrics", port: 0 },
    ]);
    const [webSocket, unix, metrics] = served.listeners.map(({ url }) => url) as string[];
    expect(unix).toBe(`unix:${path}`);
    const credentials = craCredentials({ authid: "ann", secret: "s3cret" });
    const ann = await joinRealm(
      openPeer(await connectRawSocket({ to: { path }, subprotocol }, deps), cborCodec),
      { realm: "r", credentials },
      deps,
    );
    const guest = await joinRealm(
      openPeer(await connectWebSocket({ url: webSocket ?? "", subprotocol }, deps), cborCodec),
      { realm: "r" },
      deps,
    );
    expect(ann.authid).toBe("ann");
    for (const one of [1, 2, 3]) await ann.publish("a.past", { args: [one] });
    const past: unknown[] = [];
    for await (const { args, trustLevel } of pastEvents(
      ann,
      await ann.subscribe("a.past", () => {}),
    ))
      past.push([args[0], trustLevel]);
    expect(past).toEqual([
      [2, 2],
      [3, 2],
    ]);
    await expect(guest.publish("a.b")).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
    expect((await fetch(new URL("/other", metrics))).status).toBe(404);
    expect((await fetch((webSocket ?? "").replace("ws:", "http:"))).status).toBe(426);
    await served.close();
    for (const session of [ann, guest])
      expect(await session.closed).toMatchObject({ reason: "wamp.close.system_shutdown" });
    await expect(fetch(new URL("/metrics", metrics))).rejects.toThrow();
  });

  it("starts where one that was killed has left its Unix socket", async () => {
    const path = join(folder, "router.sock");
    const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    const killed = spawn(process.execPath, ["-e", program], { stdio: "ignore" });
    expect((await once(killed, "exit"))[1]).toBe("SIGKILL");
    expect(existsSync(path)).toBe(true);
    await serve([{ kind: "rawSocket", path }]);
    const transport = await connectRawSocket({ to: { path }, subprotocol }, deps);
    transport.close(1000, "");
  });

  it("lets pages of this machine come, and those that are named; programs name none", async () => {
    const come = async (listen: object, origin?: string): Promise<string | undefined> => {
      const { listeners } = await serve([{ kind: "webSocket", port: 0, ...listen }]);
      const socket = new WebSocket(listeners[0]?.url ?? "", subprotocol, origin ? { origin } : {});
      const refused = once(socket, "unexpected-response").then(([, answer]) => answer.statusCode);
      socket.on("error", () => {});
      const answer = await Promise.race([once(socket, "open").then(() => 101), refused]);
      socket.terminate();
      return answer;
    };
    for (const origin of ["http://localhost:5173", "http://127.0.0.1", "https://[::1]:8080"])
      expect([origin, await come({}, origin)]).toEqual([origin, 101]);
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
      expect([origin, await come({}, origin)]).toEqual([origin, 403]);
    const origins = ["https://city.example"];
    expect(await come({ origins }, "https://city.example")).toBe(101);
    expect(await come({ origins }, "http://localhost")).toBe(403);
    expect(await come({ origins })).toBe(101);
    expect(await come({ origins: ["*"] }, "https://evil.example")).toBe(101);
  });

  it.each<[string, () => Promise<object>, RegExp]>([
    [
      "a port that is taken",
      async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        cleanups.push(() => server.close());
        return { kind: "webSocket", port: (server.address() as AddressInfo).port };
      },
      /EADDRINUSE/,
    ],
    [
      "a path that cannot be",
      async () => ({ kind: "rawSocket", path: join(folder, "nowhere", "router.sock") }),
      /cannot be listened at/,
    ],
    [
      "a path where another router listens",
      async () => {
        const path = join(folder, "other.sock");
        await serve([{ kind: "rawSocket", path }]);
        return { kind: "rawSocket", path };
      },
      /EADDRINUSE/,
    ],
    [
      "a path that is somebody's file",
      async () => ({ kind: "rawSocket", path: join(folder, "cert.pem") }),
      /EADDRINUSE/,
    ],
    [
      "a certificate that is not there",
      async () => ({ kind: "webSocket", port: 0, tls: { ...tls, certFile: "/nowhere.pem" } }),
      /ENOENT/,
    ],
    [
      "a key that is none",
      async () => ({
        kind: "webSocket",
        port: 0,
        tls: { ...tls, keyFile: join(folder, "cert.pem") },
      }),
      /no key and certificate/,
    ],
  ])(
    "does not start with %s, says which listener it was and leaves none open",
    async (_what, make, because) => {
      const first = { kind: "rawSocket", path: join(folder, "first.sock") };
      await expect(serve([first, await make()])).rejects.toMatchObject({
        code: "config.invalid",
        details: {
          setting: expect.stringMatching(/^listen\[1\]/),
          because: expect.stringMatching(because),
        },
      });
      await expect(
        connectRawSocket({ to: { path: first.path }, subprotocol }, deps),
      ).rejects.toMatchObject({ uri: "wamp.error.network_failure" });
    },
  );
});

import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, get } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import {
  HANDSHAKE_PATIENCE_MS,
  HANDSHAKE_PLACE_MS,
  MAX_HANDSHAKES,
  queueHandshakes,
} from "./handshakes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

class Raw extends EventEmitter {
  destroyed = false;
  readonly remotePort: number;
  readonly remoteAddress: string;
  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

/** A server whose handshakes begin where this says, and end when the test does. */
const openQueue = () => {
  const clock = createManualClock();
  const server = new EventEmitter();
  const begun: string[] = [];
  const sockets = new Map<string, Raw>();
  server.on("connection", ({ remoteAddress, remotePort }: Raw) =>
    begun.push(`${remoteAddress} ${remotePort}`),
  );
  const counts = queueHandshakes(server as Server, clock);
  let port = 0;
  const come = (address: string, count = 1): void => {
    for (let i = 0; i < count; i += 1) {
      port += 1;
      const socket = new Raw(address, port);
      sockets.set(`${address} ${port}`, socket);
      server.emit("connection", socket);
    }
  };
  const finish = (name: string) => server.emit("secureConnection", sockets.get(name));
  return { clock, server, begun, sockets, counts, come, finish };
};

describe("handshakes", () => {
  it("are bounded; the next begins as soon as one is done, in the order of coming", () => {
    const { begun, come, finish, counts } = openQueue();
    come("a", MAX_HANDSHAKES + 3);
    expect(begun).toHaveLength(MAX_HANDSHAKES);
    expect(counts()).toEqual({ underWay: MAX_HANDSHAKES, waiting: 3 });
    finish("a 1");
    finish("a 1"); // told twice: no second place
    expect(begun.slice(MAX_HANDSHAKES)).toEqual([`a ${MAX_HANDSHAKES + 1}`]);
    finish("a 2");
    finish("a 3");
    expect(begun.at(-1)).toBe(`a ${MAX_HANDSHAKES + 3}`);
    expect(counts()).toEqual({ underWay: MAX_HANDSHAKES, waiting: 0 });
  });

  it("of a fleet do not stand before anybody elsewhere", () => {
    const { begun, come, finish } = openQueue();
    come("fleet", 5_000);
    come("person");
    finish("fleet 1");
    finish("fleet 2");
    expect(begun.slice(MAX_HANDSHAKES)).toEqual(
      expect.arrayContaining(["person 5001", `fleet ${MAX_HANDSHAKES + 1}`]),
    );
  });

  it("that dawdle hold nobody up, though nothing is heard of them", () => {
    const { begun, come, clock } = openQueue();
    come("slow", MAX_HANDSHAKES);
    come("quick");
    clock.advance(HANDSHAKE_PLACE_MS - 1);
    expect(begun).not.toContain(`quick ${MAX_HANDSHAKES + 1}`);
    clock.advance(1);
    expect(begun).toContain(`quick ${MAX_HANDSHAKES + 1}`);
  });

  it("are not begun for who is gone, nor for who would have waited for too long", () => {
    const { begun, come, finish, sockets } = openQueue();
    come("a", MAX_HANDSHAKES + 2);
    const gone = sockets.get(`a ${MAX_HANDSHAKES + 1}`) as Raw;
    gone.emit("error", new Error("reset")); // nobody else listens yet
    gone.destroyed = true;
    finish("a 1");
    expect(begun.slice(MAX_HANDSHAKES)).toEqual([`a ${MAX_HANDSHAKES + 2}`]);

    const late = openQueue();
    const turns = HANDSHAKE_PATIENCE_MS / HANDSHAKE_PLACE_MS + 1;
    late.come("a", MAX_HANDSHAKES * (turns + 2));
    late.clock.advance(HANDSHAKE_PATIENCE_MS + HANDSHAKE_PLACE_MS);
    expect(late.begun).toHaveLength(MAX_HANDSHAKES * turns);
    const closed = [...late.sockets.values()].filter(({ destroyed }) => destroyed);
    expect(closed).toHaveLength(MAX_HANDSHAKES * 2);
    expect(late.counts().waiting).toBe(0);
  });

  it("that fail, or whose client goes, make room as well", () => {
    const { server, come, sockets, counts } = openQueue();
    come("a", MAX_HANDSHAKES + 2);
    server.emit("tlsClientError", new Error("no TLS"), sockets.get("a 1"));
    sockets.get("a 2")?.emit("close");
    expect(counts()).toEqual({ underWay: MAX_HANDSHAKES, waiting: 0 });
  });
});

it("serves real clients behind others that say nothing, with what they have said already", async () => {
  const fixture: { certificate: string; key: string } = JSON.parse(
    readFileSync(
      new URL("../../../../packages/wamp/vectors/loopback-tls.json", import.meta.url),
      "utf8",
    ),
  );
  const server = createServer(
    { cert: fixture.certificate, key: fixture.key },
    (_request, response) => response.end("hello"),
  );
  const clock = createManualClock();
  const counts = queueHandshakes(server, clock);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const { port } = server.address() as AddressInfo;
  const silent: Socket[] = [];
  cleanups.push(() => {
    for (const socket of silent) socket.destroy();
  });
  for (let i = 0; i < MAX_HANDSHAKES; i += 1)
    silent.push(connect(port, "127.0.0.1").on("error", () => {}));
  await expect.poll(() => counts().underWay).toBe(MAX_HANDSHAKES);
  const answers = Array.from(
    { length: 3 },
    () =>
      new Promise<string>((resolve, reject) => {
        get({ port, host: "127.0.0.1", ca: fixture.certificate, agent: false }, (response) => {
          response.setEncoding("utf8").on("data", resolve);
        }).on("error", reject);
      }),
  );
  await expect.poll(() => counts().waiting).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 50)); // they say their first word meanwhile
  clock.advance(HANDSHAKE_PLACE_MS);
  expect(await Promise.all(answers)).toEqual(["hello", "hello", "hello"]);
});

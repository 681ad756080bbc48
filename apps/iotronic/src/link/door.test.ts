import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import { HANG_UP_MS } from "@s4t/kit/node";
import { expect, it } from "vitest";
import { MAX_JOINS_OF_ADDRESS } from "./admission.ts";
import { openLinkDoor } from "./door.ts";

it("lets go of a client that is put off and never leaves", async () => {
  const door = openLinkDoor(() => {}, systemClock);
  const sockets: Socket[] = [];
  const server = createServer().on("upgrade", door.handleUpgrade);
  server.on("connection", (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  const ask = async (): Promise<string> => {
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => {});
    clients.push(client);
    const lines = [
      "GET / HTTP/1.1",
      "Host: a",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}`,
      "Sec-WebSocket-Protocol: wamp.2.json",
    ];
    client.write(`${lines.join("\r\n")}\r\n\r\n`);
    return String(await new Promise((resolve) => client.once("data", resolve)));
  };
  try {
    for (let i = 0; i < MAX_JOINS_OF_ADDRESS; i += 1) expect(await ask()).toContain("101 ");
    expect(await ask()).toContain("503 Service Unavailable");
    await expect.poll(() => sockets.at(-1)?.destroyed, { timeout: 2 * HANG_UP_MS }).toBe(true);
  } finally {
    door.close();
    for (const socket of [...clients, ...sockets]) socket.destroy();
    server.close();
  }
});

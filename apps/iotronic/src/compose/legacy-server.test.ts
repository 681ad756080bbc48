import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { createLegacyServer } from "./legacy-server.ts";

it("whoever dawdles with the headers is cut off, and others are served meanwhile", async () => {
  const server = createLegacyServer({
    ...{ name: "test", setting: "test", host: "127.0.0.1", port: 0, tls: null, headersMs: 300 },
    answer: (_request, response) => void response.end("here"),
    upgrade: (_request, socket) => void socket.destroy(),
  });
  await server.start?.();
  try {
    const slow = Array.from({ length: 50 }, () => {
      const socket = connect(server.port(), "127.0.0.1").on("error", () => {});
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
      return { socket, closed: once(socket, "close") };
    });
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write("a");
    }, 50);
    const answer = await fetch(`http://127.0.0.1:${server.port()}/`);
    expect(await answer.text()).toBe("here");
    for (const { socket, closed } of slow) {
      socket.resume();
      await closed;
    }
    clearInterval(drip);
  } finally {
    await server.stop?.();
  }
});

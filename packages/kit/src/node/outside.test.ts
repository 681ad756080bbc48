import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { outside } from "./outside.ts";

const places = new AsyncLocalStorage<string>();

/** Where a connection arrives to a listener that was begun within a request. */
const placeOfArrival = async (begin: (work: () => void) => void): Promise<unknown> => {
  const server = createServer();
  const arrived = new Promise((resolve) => {
    server.on("connection", (socket) => {
      socket.destroy();
      resolve(places.getStore());
    });
  });
  await places.run("a request", async () => {
    begin(() => server.listen(0, "127.0.0.1"));
    await once(server, "listening");
  });
  const caller = connect((server.address() as AddressInfo).port, "127.0.0.1");
  caller.on("error", () => {});
  const place = await arrived;
  server.close();
  return place;
};

describe("what is begun outside", () => {
  it("is no part of the request that began it, nor is what comes of it", async () => {
    expect(await placeOfArrival(outside)).toBeUndefined();
  });
  it("would be, were it not", async () => {
    expect(await placeOfArrival((work) => work())).toBe("a request");
  });
  it("answers at once, and leaves the request where it was", () => {
    places.run("a request", () => {
      expect(outside(() => places.getStore())).toBeUndefined();
      expect(places.getStore()).toBe("a request");
    });
  });
});

// A tunnel that is dialled for one request, and used by others.
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog, systemClock } from "@s4t/kit";
import type { Tunnel } from "@s4t/tunnel";
import { acceptTunnel } from "@s4t/tunnel/node";
import { expect, it } from "vitest";
import { createTunnels } from "./tunnel.ts";

it("serves its streams outside the call that it was dialled for", async () => {
  const places = new AsyncLocalStorage<string>();
  const server = createServer();
  const arrived = new Promise<Tunnel>((resolve) =>
    server.on("upgrade", (request, socket, head) =>
      resolve(
        acceptTunnel(request, socket, head, {
          clock: systemClock,
          onOpen: (incoming) => incoming.refuse("no", "No."),
        }),
      ),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served: unknown[] = [];
  const tunnels = createTunnels({
    where: () => ({ url, ca: null }),
    trust: () => ({ board: undefined, key: undefined, sealed: false }),
    sign: () => "00",
    handlers: {
      tcp: (_, incoming) => {
        served.push(places.getStore());
        incoming.refuse("stream.refused", "Heard.");
      },
    },
    ...{ clock: systemClock, log: silentLog },
  });
  const dial = tunnels.dispatch.get("tunnel.dial")?.handle as (
    args: object,
    call: { signal: AbortSignal },
  ) => Promise<unknown>;
  const { signal } = new AbortController();
  try {
    await places.run("a call", async () => {
      await dial({ path: "/tunnel", ticket: "good" }, { signal });
      expect(places.getStore()).toBe("a call");
    });
    const args = { host: "127.0.0.1", port: 80 };
    await expect((await arrived).open({ kind: "tcp", args })).rejects.toThrow("Heard.");
    expect(served).toEqual([undefined]);
  } finally {
    tunnels.close();
    server.closeAllConnections();
    server.close();
  }
});

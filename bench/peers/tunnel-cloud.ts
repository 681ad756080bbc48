// The cloud's end: takes tunnels on two ports, plain and TLS, and opens a public port for each; prints the four.
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import type { Tunnel } from "@s4t/tunnel";
import { acceptTunnel, pipeSocket } from "@s4t/tunnel/node";
import { root } from "../../scripts/repository.ts";

const { key, certificate } = JSON.parse(
  readFileSync(join(root, "packages/wamp/vectors/loopback-tls.json"), "utf8"),
) as { key: string; certificate: string };

const listen = (server: Server | HttpServer): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

/** One way of reaching boards: where they dial to, and the public port of whichever dialled last. */
const open = async (door: HttpServer): Promise<readonly [number, number]> => {
  let tunnel: Tunnel | undefined;
  door.on("upgrade", (request, socket, head) => {
    const { clock } = { clock: systemClock };
    tunnel = acceptTunnel(request, socket, head, { clock, onOpen: (it) => it.refuse("no", "No.") });
  });
  const publicDoor = createTcpServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  publicDoor.on("connection", (socket) => {
    socket.on("error", () => {});
    if (!tunnel) return void socket.destroy();
    tunnel.open({ kind: "tcp", args: null }).then(
      (stream) => pipeSocket(stream, socket),
      () => socket.destroy(),
    );
  });
  return [await listen(door), await listen(publicDoor)];
};

const plain = await open(createServer());
const secure = await open(createSecureServer({ key, cert: certificate }));
console.log(`ports ${[...plain, ...secure].join(" ")}`);
process.on("SIGTERM", () => process.exit(0));

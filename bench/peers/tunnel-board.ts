// The board's end: dials the tunnels that its arguments name (URLs) and leads every stream to the port of its first argument.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { dialTunnel, pipeSocket } from "@s4t/tunnel/node";
import { root } from "../../scripts/repository.ts";

const { certificate } = JSON.parse(
  readFileSync(join(root, "packages/wamp/vectors/loopback-tls.json"), "utf8"),
) as { certificate: string };
const [port, ...urls] = process.argv.slice(2);
for (const url of urls) {
  const tunnel = await dialTunnel({
    ...{ url, path: "/tunnel", ticket: "bench", ca: certificate, clock: systemClock },
    onOpen(incoming) {
      const socket = connect({
        ...{ host: "127.0.0.1", port: Number(port) },
        ...{ allowHalfOpen: true, noDelay: true },
      });
      socket.once("error", () => incoming.refuse("unreachable", "Nobody listens there."));
      socket.once("connect", () => void pipeSocket(incoming.accept(), socket));
    },
  });
  void tunnel.ended.then((reason) => console.log(`ended ${reason}`));
}
console.log("dialled");
process.on("SIGTERM", () => process.exit(0));

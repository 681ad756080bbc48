// Our router on a port of loopback, and nothing else in the process.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@s4t/kit";
import { anonymousAuthenticator, createRouter, jsonCodec, openPeer } from "@s4t/wamp";
import { acceptWebSockets, secureRandom } from "@s4t/wamp/node";

const deps = { clock: systemClock };
const router = createRouter(
  {
    realms: [
      { name: "bench", authenticators: [anonymousAuthenticator()], authorize: () => "allow" },
    ],
  },
  { ...deps, random: secureRandom },
);
const door = acceptWebSockets(
  {
    subprotocols: [jsonCodec.subprotocol],
    onTransport: (transport) => router.attach(openPeer(transport, jsonCodec)),
  },
  deps,
);
const server = createServer().on("upgrade", door.handleUpgrade);
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));

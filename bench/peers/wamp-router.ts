// Our router on a port of loopback, and nothing else in the process.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@s4t/kit";
import {
  allCodecs,
  anonymousAuthenticator,
  codecOf,
  createRouter,
  jsonCodec,
  openPeer,
} from "@s4t/wamp";
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
    subprotocols: allCodecs.map(({ subprotocol }) => subprotocol),
    onTransport: (transport, { subprotocol }) =>
      router.attach(openPeer(transport, codecOf(subprotocol) ?? jsonCodec)),
  },
  deps,
);
const server = createServer().on("upgrade", door.handleUpgrade);
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));

// A WAMP callee and nothing else, joined to the router at the address of its argument: what a call costs without a product.
import { systemClock } from "@s4t/kit";
import { joinRealm, jsonCodec, openPeer } from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node/client";

const deps = { clock: systemClock };
const transport = await connectWebSocket(
  { url: process.argv[2] ?? "", subprotocol: jsonCodec.subprotocol },
  deps,
);
const session = await joinRealm(openPeer(transport, jsonCodec), { realm: "bench" }, deps);
await session.register("bench.", () => ({ args: [{ atMs: Date.now() }] }), { match: "prefix" });
console.log("registered");
process.on("SIGTERM", () => process.exit(0));
await session.closed;

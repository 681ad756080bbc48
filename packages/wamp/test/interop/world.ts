// The router that foreign clients meet, and its doors.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@s4t/kit";
import { anonymousAuthenticator } from "../../src/auth/anonymous.ts";
import { cryptosignAuthenticator } from "../../src/auth/cryptosign.ts";
import { ticketAuthenticator } from "../../src/auth/ticket.ts";
import { craAuthenticator, deriveCraSecret } from "../../src/auth/wampcra.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { allCodecs, codecOf } from "../../src/codec/codecs.ts";
import { createEd25519KeyPair, verifyEd25519 } from "../../src/node/ed25519.ts";
import { secureRandom } from "../../src/node/random.ts";
import { acceptWebSockets } from "../../src/node/websocket-server.ts";
import { openPeer } from "../../src/peer.ts";
import { createRouter, type Router } from "../../src/router/router.ts";
import type { Doors } from "./foreign.ts";

/** The key that joins as joe. */
export const joesKeys = createEd25519KeyPair();

/** A router with its doors open. */
export interface World {
  readonly router: Router;
  readonly doors: Doors;
  /** Serializers that were spoken, by their subprotocols. */
  readonly spoken: Set<string>;
  close(): void;
}

const salting = { salt: "s4lt", iterations: 100, keylen: 32 };

/** Everybody may do everything in its realm `realm`; joe can join by a ticket, a secret (salted, too) and a key. */
export const openWorld = async (): Promise<World> => {
  const principal = { authid: "joe", authrole: "person" };
  const salted = await deriveCraSecret("secret", salting);
  const router = createRouter(
    {
      realms: [
        {
          ...{ name: "realm", authorize: () => "allow", metaApi: true },
          authenticators: [
            anonymousAuthenticator(),
            ticketAuthenticator((ticket) => (ticket === "letmein" ? principal : undefined)),
            craAuthenticator({
              randomBytes: (size) => randomBytes(size),
              now: Date.now,
              strangers: { secret: "of the router", saltLength: 4, iterations: 100, keylen: 32 },
              find: (authid) =>
                authid === "joe"
                  ? { principal, secret: "secret" }
                  : authid === "salted"
                    ? { principal, secret: salted, salting }
                    : undefined,
            }),
            cryptosignAuthenticator({
              verify: verifyEd25519,
              randomBytes: (size) => randomBytes(size),
              findPrincipal: (key) => (key === joesKeys.publicKey ? principal : undefined),
            }),
          ],
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
  const spoken = new Set<string>();
  const door = acceptWebSockets(
    {
      subprotocols: allCodecs.map(({ subprotocol }) => subprotocol),
      onTransport: (transport, facts) => {
        spoken.add(facts.subprotocol);
        router.attach(openPeer(transport, codecOf(facts.subprotocol) as Codec), {
          connection: facts,
        });
      },
    },
    { clock: systemClock },
  );
  const server = createServer().on("upgrade", door.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...{ router, spoken },
    doors: { webSocket: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` },
    close() {
      router.close();
      door.close();
      server.closeAllConnections();
      server.close();
    },
  };
};

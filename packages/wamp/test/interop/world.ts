// The router that foreign clients meet, and its doors.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createRawServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { anonymousAuthenticator } from "../../src/auth/anonymous.ts";
import type { ConnectionFacts } from "../../src/auth/authenticator.ts";
import { cryptosignAuthenticator } from "../../src/auth/cryptosign.ts";
import { ticketAuthenticator } from "../../src/auth/ticket.ts";
import { craAuthenticator, deriveCraSecret } from "../../src/auth/wampcra.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { allCodecs, codecOf } from "../../src/codec/codecs.ts";
import { createEd25519KeyPair, verifyEd25519 } from "../../src/node/ed25519.ts";
import { secureRandom } from "../../src/node/random.ts";
import { acceptRawSockets } from "../../src/node/rawsocket-server.ts";
import { acceptWebSockets } from "../../src/node/websocket-server.ts";
import { openPeer } from "../../src/peer.ts";
import { createRouter, type Router } from "../../src/router/router.ts";
import { trustByRules } from "../../src/router/trust-levels.ts";
import type { Transport } from "../../src/transport.ts";
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
          ...{ name: "realm", authorize: () => "allow", metaApi: true, retainedEvents: 100 },
          eventHistory: [{ uri: "it.past", match: "prefix" }],
          trust: trustByRules([{ uri: "it.trusted.", match: "prefix", level: 3 }]),
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
  const attach = (
    transport: Transport,
    facts: ConnectionFacts & { readonly subprotocol: string },
  ): void => {
    spoken.add(facts.subprotocol);
    router.attach(openPeer(transport, codecOf(facts.subprotocol) as Codec), { connection: facts });
  };
  const subprotocols = allCodecs.map(({ subprotocol }) => subprotocol);
  const deps = { clock: systemClock };
  const door = acceptWebSockets({ subprotocols, onTransport: attach }, deps);
  const rawDoor = acceptRawSockets({ subprotocols, onTransport: attach }, deps);
  const server = createServer().on("upgrade", door.handleUpgrade);
  const rawServers = [0, 1].map(() =>
    createRawServer((socket) => rawDoor.handleConnection(socket)),
  );
  const folder = mkdtempSync(join(tmpdir(), "wamp-"));
  const path = join(folder, "router.sock");
  const [tcp, unix] = rawServers as [(typeof rawServers)[number], (typeof rawServers)[number]];
  await Promise.all([
    new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)),
    new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve)),
    new Promise<void>((resolve) => unix.listen(path, resolve)),
  ]);
  return {
    ...{ router, spoken },
    doors: {
      webSocket: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      tcp: (tcp.address() as AddressInfo).port,
      unix: path,
    },
    close() {
      router.close();
      door.close();
      rawDoor.close();
      server.closeAllConnections();
      for (const one of [server, ...rawServers]) one.close();
      rmSync(folder, { recursive: true });
    },
  };
};

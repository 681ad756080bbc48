import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { systemClock } from "@s4t/kit";
import type { Resumption } from "@s4t/kit/node/websocket";
import { afterEach, describe, expect, it } from "vitest";
import { cryptosignAuthenticator, cryptosignCredentials } from "../auth/cryptosign.ts";
import { joinRealm } from "../client/join.ts";
import { jsonCodec } from "../codec/json.ts";
import { openPeer } from "../peer.ts";
import { createRouter } from "../router/router.ts";
import { createEd25519KeyPair, ed25519Signer, verifyEd25519 } from "./ed25519.ts";
import { secureRandom } from "./random.ts";
import { connectWebSocket } from "./websocket-client.ts";
import { acceptWebSockets } from "./websocket-server.ts";

const fixture: { certificate: string; key: string } = JSON.parse(
  readFileSync(new URL("../../vectors/loopback-tls.json", import.meta.url), "utf8"),
);
const deps = { clock: systemClock };
const pair = createEd25519KeyPair();
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** `onConnection` hears of each connection whether it took a session up again. */
const aTlsRouter = async (onConnection = (_isResumed: boolean) => {}): Promise<string> => {
  const router = createRouter(
    {
      realms: [
        {
          name: "s4t",
          authorize: () => "allow",
          authenticators: [
            cryptosignAuthenticator({
              verify: verifyEd25519,
              randomBytes: (sizeBytes) => randomBytes(sizeBytes),
              channelBinding: "required",
              findPrincipal: (key) =>
                key === pair.publicKey ? { authid: "board", authrole: "board" } : undefined,
            }),
          ],
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
  const door = acceptWebSockets(
    {
      subprotocols: [jsonCodec.subprotocol],
      onTransport: (transport, facts) =>
        router.attach(openPeer(transport, jsonCodec), { connection: facts }),
    },
    deps,
  );
  const server = createServer({ cert: fixture.certificate, key: fixture.key });
  server.on("upgrade", door.handleUpgrade);
  server.on("secureConnection", (socket) => onConnection(socket.isSessionReused()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    router.close();
    door.close();
    server.close();
  });
  return `wss://127.0.0.1:${(server.address() as AddressInfo).port}/link`;
};

const open = (url: string, tls: Parameters<typeof connectWebSocket>[0]["tls"]) =>
  connectWebSocket({ url, subprotocol: jsonCodec.subprotocol, ...(tls ? { tls } : {}) }, deps);

const join = async (
  url: string,
  channelIdFor: (own: Uint8Array | undefined) => Uint8Array | undefined,
  resumption: Resumption = {},
) => {
  const transport = await open(url, { ca: fixture.certificate, resumption });
  cleanups.push(() => transport.close(1000, ""));
  const credentials = cryptosignCredentials({
    publicKey: pair.publicKey,
    sign: ed25519Signer(pair.privateKey),
    channelId: channelIdFor(transport.channelId),
  });
  return joinRealm(openPeer(transport, jsonCodec), { realm: "s4t", credentials }, deps).then(
    (session) => session.authid,
    (error) => error.uri,
  );
};

describe("over TLS", () => {
  it("joins with a signature bound to the channel, and with no other", async () => {
    const url = await aTlsRouter();
    expect(await join(url, (own) => own)).toBe("board");
    const foreign = (await open(url, { ca: fixture.certificate })).channelId;
    expect(foreign).toHaveLength(32);
    expect(await join(url, () => foreign)).toBe("wamp.error.authentication_failed");
    expect(await join(url, () => undefined)).toBe("wamp.error.authentication_failed");
  });

  it("takes a session up again, as a channel of its own; from a server that does not know it, it begins anew", async () => {
    const resumed: boolean[] = [];
    const channels: unknown[] = [];
    const resumption: Resumption = {};
    const joinOnce = async (url: string) => {
      const own = (channel: Uint8Array | undefined) => {
        channels.push(Buffer.from(channel ?? []).toString("hex"));
        return channel;
      };
      expect(await join(url, own, resumption)).toBe("board");
      await expect.poll(() => resumption.session).toBeDefined();
    };
    const url = await aTlsRouter((isResumed) => resumed.push(isResumed));
    for (let i = 0; i < 3; i += 1) await joinOnce(url);
    expect(resumed).toEqual([false, true, true]);
    expect(new Set(channels).size).toBe(3);
    await joinOnce(await aTlsRouter((isResumed) => resumed.push(isResumed)));
    expect(resumed).toEqual([false, true, true, false]);
  });

  it("keeps no session of a server that is not the one that was asked for", async () => {
    const url = await aTlsRouter();
    const ca = fixture.certificate;
    const resumption: Resumption = {};
    const refusals = [{ servername: "cloud.example" }, { checkPeer: () => "another key" }];
    for (const refused of refusals)
      await expect(open(url, { ca, resumption, ...refused })).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(resumption.session).toBeUndefined();
  });

  it("refuses a server whose authority is not the one that was given", async () => {
    const url = await aTlsRouter();
    await expect(open(url, undefined)).rejects.toMatchObject({
      uri: "wamp.error.network_failure",
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });

  it("refuses a wrong name, and a certificate that the pin does not know", async () => {
    const url = await aTlsRouter();
    await expect(
      open(url, { ca: fixture.certificate, servername: "cloud.example" }),
    ).rejects.toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
    const seen: number[] = [];
    await expect(
      open(url, {
        ca: fixture.certificate,
        checkPeer: ({ publicKey }) => {
          seen.push(publicKey.length);
          return "The pin does not match.";
        },
      }),
    ).rejects.toMatchObject({ message: "The pin does not match.", details: { because: "pin" } });
    expect(seen).toEqual([91]);
  });
});

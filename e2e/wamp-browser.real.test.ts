// The WAMP client in a real browser: its browser entry in one bundle, on the WebSocket of a page, in every serializer.
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import {
  allCodecs,
  anonymousAuthenticator,
  type ClientSession,
  codecOf,
  createRouter,
  joinRealm,
  jsonCodec,
  linkedPeers,
  openPeer,
  type ReconnectingClient,
} from "@s4t/wamp";
import { acceptWebSockets, secureRandom } from "@s4t/wamp/node";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../scripts/repository.ts";
import { launchBrowser, visit } from "./portal/browser.ts";

/** What the page has: the bundle, and what its scripts leave for one another. */
declare const wamp: typeof import("@s4t/wamp") & Pick<typeof import("@s4t/kit"), "systemClock">;
declare const kept: { client: ReconnectingClient; heard: unknown[]; lost: string[] };

const cleanups: (() => unknown)[] = [];
const connections = new Set<Socket>();
let browser: Browser;
let url: string;
let cloud: ClientSession;

/** A Node module that slipped in would not resolve: the platform is a browser. */
const bundleOfPage = async (): Promise<string> => {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export * from "@s4t/wamp"; export { systemClock } from "@s4t/kit";',
      resolveDir: `${root}/e2e`,
    },
    ...{ bundle: true, write: false, platform: "browser", conditions: ["source"] },
    ...{ format: "iife", globalName: "wamp", target: "es2022", logLevel: "silent" },
  });
  return outputFiles[0]?.text ?? "";
};

beforeAll(async () => {
  const router = createRouter(
    {
      realms: [{ name: "r", authenticators: [anonymousAuthenticator()], authorize: () => "allow" }],
    },
    { clock: systemClock, random: secureRandom },
  );
  cleanups.push(() => router.close());
  const [near, far] = linkedPeers();
  router.attach(far);
  cloud = await joinRealm(near, { realm: "r" }, { clock: systemClock });
  const door = acceptWebSockets(
    {
      subprotocols: allCodecs.map(({ subprotocol }) => subprotocol),
      onTransport: (transport, { subprotocol, request }) => {
        connections.add(request.socket);
        router.attach(openPeer(transport, codecOf(subprotocol) ?? jsonCodec));
      },
    },
    { clock: systemClock },
  );
  cleanups.push(() => door.close());
  const script = await bundleOfPage();
  const server = createServer(({ url: path }, response) => {
    const isPage = path === "/";
    response.setHeader("content-type", isPage ? "text/html" : "text/javascript");
    response.end(
      isPage ? '<link rel="icon" href="data:,"><script src="/wamp.js"></script>' : script,
    );
  });
  server.on("upgrade", door.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it.each(allCodecs.map(({ subprotocol }) => subprotocol))(
  "joins, calls, follows, publishes, gives a call up and comes back after a loss: %s",
  async (subprotocol) => {
    let isGivenUp = false;
    const told: unknown[] = [];
    const offers = [
      await cloud.register("cloud.add", ({ args: [a, b] }) => ({ args: [Number(a) + Number(b)] })),
      await cloud.register("cloud.echo", ({ args }) => ({ args })),
      await cloud.register(
        "cloud.never",
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              isGivenUp = true;
              reject(signal.reason);
            });
          }),
      ),
    ];
    const followed = await cloud.subscribe("page.says", ({ args }) => told.push(args[0]));
    const made = await visit(browser, url);
    const { page } = made;
    await page.goto("/");
    await page.evaluate(async (spoken) => {
      const codec = wamp.codecOf(spoken) ?? wamp.jsonCodec;
      const lost: string[] = [];
      const heard: unknown[] = [];
      const client = wamp.createReconnectingClient(
        {
          connect: async (signal) =>
            wamp.openPeer(
              await wamp.connectGlobalWebSocket({
                ...{ url: `ws://${location.host}/link`, subprotocol: spoken, signal },
              }),
              codec,
            ),
          join: { realm: "r" },
          onLost: (reason) => lost.push(reason),
        },
        { clock: wamp.systemClock, random: Math.random },
      );
      Object.assign(globalThis, { kept: { client, heard, lost } });
      await client.subscribe("cloud.says", ({ args }) => heard.push(args[0]));
      await client.register("page.double", ({ args: [one] }) => ({ args: [Number(one) * 2] }));
    }, subprotocol);

    const answers = await page.evaluate(async () => {
      const sum = await kept.client.call("cloud.add", { args: [2, 3] });
      const sent = new Uint8Array(70_000).fill(7);
      const echo = await kept.client.call("cloud.echo", { args: ["è 🌋", sent] });
      const back = echo.args[1] as Uint8Array;
      await kept.client.publish("page.says", { args: ["here"] });
      return [sum.args[0], echo.args[0], back.length, back.every((byte) => byte === 7)];
    });
    expect(answers).toEqual([5, "è 🌋", 70_000, true]);
    await expect.poll(() => told).toEqual(["here"]);

    const outcome = await page.evaluate(async () => {
      const giving = new AbortController();
      const call = kept.client.call("cloud.never", { signal: giving.signal });
      setTimeout(() => giving.abort(new TypeError("not any more")), 50);
      return call.then(
        () => "answered",
        (error: unknown) => String(error),
      );
    });
    expect(outcome).toBe("TypeError: not any more");
    await expect.poll(() => isGivenUp).toBe(true);

    await cloud.publish("cloud.says", { args: ["before"] });
    await page.waitForFunction(() => kept.heard.length === 1);
    for (const socket of connections) socket.destroy();
    connections.clear();
    await page.waitForFunction(() => kept.lost.length === 1 && kept.client.session);
    await cloud.publish("cloud.says", { args: ["after"] });
    await page.waitForFunction(() => kept.heard.length === 2);
    expect((await cloud.call("page.double", { args: [21], timeoutMs: 10_000 })).args).toEqual([42]);
    const ended = await page.evaluate(async () => {
      await kept.client.close();
      return { heard: kept.heard, lost: kept.lost.length };
    });
    expect(ended).toEqual({ heard: ["before", "after"], lost: 2 });
    expect(made.complaints).toEqual([]);
    await made.context.close();
    await followed.unsubscribe();
    for (const offer of offers) await offer.unregister();
  },
  60_000,
);

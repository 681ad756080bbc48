// A command to a board and back: request → cloud → WAMP → the agent's process → answer. Beside it what no product could go
// below: a bare HTTP handler, and a WAMP call over one WebSocket between two processes.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import {
  anonymousAuthenticator,
  createRouter,
  joinRealm,
  jsonCodec,
  linkedPeers,
  openPeer,
} from "@s4t/wamp";
import { acceptWebSockets, secureRandom } from "@s4t/wamp/node";
import { root } from "../scripts/repository.ts";
import { startAgent, startCloud } from "./harness/cloud.ts";
import { figuresOf, type Print } from "./harness/figures.ts";
import { createTimedClient, timeEach } from "./harness/latency.ts";
import { startProgram } from "./harness/program.ts";
import { interleave, median, quantile } from "./harness/rounds.ts";

/** Calls of one round. */
const CALLS = 1_500;
/** Calls before anything counts: compilers and caches settle. */
const WARM_UP = 1_000;
/** A ping's answer through REST is about this long. */
const answerLength = 400;

/** A router in this process, as the cloud has one, with its caller beside it and the callee in a process of its own. */
const startWamp = async () => {
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
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const callee = await startProgram({
    file: join(root, "bench/peers/callee.ts"),
    args: [`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`],
    ready: /registered/,
  });
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid: "caller", authrole: "caller" } });
  const session = await joinRealm(near, { realm: "bench" }, deps);
  return {
    async call(): Promise<number> {
      const startedMs = performance.now();
      await session.call("bench.ping", { args: [{}] });
      return performance.now() - startedMs;
    },
    async stop() {
      await callee.stop();
      router.close();
      door.close();
      server.closeAllConnections();
      server.close();
    },
  };
};

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("command", print);
  const cloud = await startCloud();
  const agent = await startAgent(cloud, "bench-board");
  const bare = await startProgram({
    file: join(root, "bench/peers/bare-http.ts"),
    args: [String(answerLength)],
    ready: /^http.*\n/m,
  });
  const wamp = await startWamp();
  const [ours, theirs] = [createTimedClient(), createTimedClient()];
  const ping = () =>
    ours.ask({
      method: "POST",
      url: `${cloud.url}/api/boards/${agent.uuid}/ping`,
      token: cloud.token,
      body: {},
    });
  const post = () => theirs.ask({ method: "POST", url: bare.greeting.trim(), body: {} });
  try {
    await timeEach(WARM_UP, ping);
    await timeEach(WARM_UP, post);
    await timeEach(WARM_UP, wamp.call);
    const tookMs = await interleave({
      ping: () => timeEach(CALLS, ping),
      post: () => timeEach(CALLS, post),
      call: () => timeEach(CALLS, wamp.call),
    });
    for (const [metric, share] of [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const) {
      const of = (rounds: readonly number[][]) =>
        median(rounds.map((round) => quantile(round, share)));
      const value = of(tookMs.ping);
      const [http, call] = [of(tookMs.post), of(tookMs.call)];
      const peers = [
        { name: "bare node:http handler", value: http },
        { name: "bare WAMP call", value: call },
        { name: "bare handler + bare call", value: http + call },
      ];
      for (const peer of peers)
        figure({ case: "ping through REST", metric, value, unit: "ms", peer });
    }
  } finally {
    ours.close();
    theirs.close();
    await wamp.stop();
    await bare.stop();
    await agent.stop();
    await cloud.stop();
  }
};

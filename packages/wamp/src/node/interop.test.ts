// The router and clients of other houses: each announced feature is used by them, over each serializer that they have. What is
// announced and not in this table turns the last test red.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@s4t/kit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { anonymousAuthenticator } from "../auth/anonymous.ts";
import { cryptosignAuthenticator } from "../auth/cryptosign.ts";
import { ticketAuthenticator } from "../auth/ticket.ts";
import { craAuthenticator, deriveCraSecret } from "../auth/wampcra.ts";
import type { Codec } from "../codec/codec.ts";
import { allCodecs, codecOf } from "../codec/codecs.ts";
import { openPeer } from "../peer.ts";
import { routerRoles } from "../router/features.ts";
import { createRouter, type Router } from "../router/router.ts";
import { createEd25519KeyPair, verifyEd25519 } from "./ed25519.ts";
import { secureRandom } from "./random.ts";
import { acceptWebSockets } from "./websocket-server.ts";

interface Details {
  readonly [name: string]: unknown;
}
type Handler = (
  args: readonly unknown[],
  details: Details,
  progress: (value: unknown) => void,
) => unknown;

/** A session of a foreign client, as far as the table needs it. Errors are told as their URI. */
interface Foreign {
  readonly id: number;
  readonly details: Details;
  call(
    uri: string,
    args?: readonly unknown[],
    options?: Details,
    onProgress?: (value: unknown) => void,
  ): Promise<unknown> & { cancel?: (mode: string) => void };
  register(uri: string, handler: Handler, options?: Details): Promise<unknown>;
  subscribe(
    uri: string,
    handler: (args: readonly unknown[], details: Details) => void,
    options?: Details,
  ): Promise<unknown>;
  publish(uri: string, args: readonly unknown[], options?: Details): Promise<unknown>;
  close(): unknown;
}
interface Login {
  readonly method: string;
  readonly authid: string;
  readonly secret?: string;
  readonly keys?: { readonly publicKey: string; readonly privateKey: string };
}
interface House {
  readonly name: string;
  readonly subprotocol: string;
  readonly join: (url: string, login?: Login) => Promise<Foreign>;
  /** Ways to cancel a call that it bears the answers of. */
  readonly cancelModes: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: libraries without types, or whose types know less than they do
type Untyped = any;
// @ts-expect-error: it has no types.
const autobahn: Untyped = (await import("autobahn")).default;
const { Wampy } = (await import("wampy")) as Untyped;

const uriOf = (error: unknown): unknown => {
  const told = error as { error?: unknown; errorUri?: unknown; message?: unknown };
  return told.error ?? told.errorUri ?? told.message ?? error;
};
const singleOf = (result: Untyped): unknown => (result?.args ? result.args : result);

const autobahnHouse = (serializer: "JSON" | "Msgpack" | "CBOR"): House => ({
  name: `autobahn, ${serializer}`,
  subprotocol: `wamp.2.${serializer.toLowerCase()}`,
  // In the other modes it forgets the call at once, and takes the router's ERROR for a protocol violation.
  cancelModes: ["kill"],
  join: (url, login) =>
    new Promise((resolve, reject) => {
      const signed = (secret: string, extra: Untyped) =>
        autobahn.auth_cra.sign(
          extra.salt
            ? autobahn.auth_cra.derive_key(secret, extra.salt, extra.iterations, extra.keylen)
            : secret,
          extra.challenge,
        );
      const connection = new autobahn.Connection({
        transports: [
          {
            ...{ type: "websocket", url },
            serializers: [new autobahn.serializer[`${serializer}Serializer`]()],
          },
        ],
        ...{ realm: "realm", max_retries: 0 },
        ...(login
          ? {
              authmethods: [login.method],
              authid: login.authid,
              ...(login.keys ? { authextra: { pubkey: login.keys.publicKey } } : {}),
              onchallenge: (_session: unknown, method: string, extra: Untyped) =>
                method === "wampcra"
                  ? signed(login.secret ?? "", extra)
                  : method === "cryptosign"
                    ? autobahn.auth_cryptosign.sign_challenge(
                        login.keys &&
                          autobahn.nacl.sign.keyPair.fromSeed(
                            Buffer.from(login.keys.privateKey, "hex"),
                          ),
                        extra,
                      )
                    : login.secret,
            }
          : {}),
      });
      connection.onclose = (reason: string, details: Details) => {
        reject(new TypeError(String(details.reason ?? reason)));
        return true;
      };
      connection.onopen = (session: Untyped, details: Details) =>
        resolve({
          ...{ id: session.id, details },
          call: (uri, args, options, onProgress) => {
            const call = session.call(uri, args, undefined, {
              ...options,
              ...(onProgress ? { receive_progress: true } : {}),
            });
            const result = new Promise((yes, no) =>
              call.then(
                (value: Untyped) => yes(singleOf(value)),
                (error: unknown) => no(uriOf(error)),
                onProgress,
              ),
            );
            return Object.assign(result, { cancel: (mode: string) => call.cancel({ mode }) });
          },
          register: (uri, handler, options) =>
            Promise.resolve(
              session.register(
                uri,
                (args: unknown[], _kwargs: unknown, told: Untyped) =>
                  handler(args ?? [], told, (value) => told.progress([value])),
                options,
              ),
            ).catch((error) => Promise.reject(uriOf(error))),
          subscribe: (uri, handler, options) =>
            Promise.resolve(
              session.subscribe(
                uri,
                (args: unknown[], _kwargs: unknown, told: Details) => handler(args ?? [], told),
                options,
              ),
            ),
          publish: (uri, args, options) =>
            Promise.resolve(
              session.publish(uri, args, undefined, { acknowledge: true, ...options }),
            ),
          close: () => {
            connection.onclose = () => true;
            connection.close();
          },
        });
      connection.open();
    }),
});

const wampyHouse = (serializer: "Json" | "Msgpack" | "Cbor"): House => ({
  name: `wampy, ${serializer}`,
  subprotocol: `wamp.2.${serializer.toLowerCase()}`,
  cancelModes: ["skip", "kill", "killnowait"],
  join: async (url, login) => {
    const module = await import(`wampy/${serializer}Serializer.js`);
    const Serializer = module[`${serializer}Serializer`];
    const cra = await import("wampy/wampcra.js");
    const wampy = new Wampy(url, {
      ...{ realm: "realm", ws: WebSocket, serializer: new Serializer() },
      autoReconnect: false,
      ...(login
        ? {
            ...{ authid: login.authid, authmethods: [login.method] },
            authPlugins: {
              ticket: () => login.secret,
              wampcra: cra.sign(login.secret ?? ""),
            },
            authMode: "auto",
          }
        : {}),
    });
    const details = (await wampy.connect()) as Details;
    return {
      ...{ id: wampy.getSessionId(), details },
      call: (uri, args, options, onProgress) => {
        const result = wampy
          .call(
            uri,
            { argsList: args ?? [] },
            {
              ...options,
              ...(onProgress
                ? { progress_callback: ({ argsList }: Untyped) => onProgress(argsList?.[0]) }
                : {}),
            },
          )
          .then(
            ({ argsList }: Untyped) => (argsList?.length > 1 ? argsList : argsList?.[0]),
            (error: unknown) => Promise.reject(uriOf(error)),
          );
        const request = wampy.getOpStatus().reqId;
        return Object.assign(result, { cancel: (mode: string) => wampy.cancel(request, { mode }) });
      },
      register: (uri, handler, options) =>
        wampy
          .register(
            uri,
            ({ argsList, details: told, result_handler: answer }: Untyped) => {
              const progress = (value: unknown) =>
                answer({ argsList: [value], options: { progress: true } });
              return Promise.resolve(handler(argsList ?? [], told, progress)).then((value) => ({
                argsList: [value],
              }));
            },
            options,
          )
          .catch((error: unknown) => Promise.reject(uriOf(error))),
      subscribe: (uri, handler, options) =>
        wampy.subscribe(
          uri,
          ({ argsList, details: told }: Untyped) => handler(argsList ?? [], told),
          options,
        ),
      publish: (uri, args, options) => wampy.publish(uri, { argsList: args }, options),
      close: () => wampy.disconnect(),
    };
  },
});

const houses: readonly House[] = [
  ...(["JSON", "Msgpack", "CBOR"] as const).map(autobahnHouse),
  ...(["Json", "Msgpack", "Cbor"] as const).map(wampyHouse),
];

let router: Router;
let url = "";
const keys = createEd25519KeyPair();
const salting = { salt: "s4lt", iterations: 100, keylen: 32 };
const closers: (() => unknown)[] = [];
const spoken = new Set<string>();

beforeAll(async () => {
  const principal = { authid: "joe", authrole: "person" };
  const salted = await deriveCraSecret("secret", salting);
  router = createRouter(
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
              findPrincipal: (key) => (key === keys.publicKey ? principal : undefined),
            }),
          ],
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
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
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  closers.push(() => {
    router.close();
    door.close();
    server.closeAllConnections();
    server.close();
  });
});
afterAll(() => {
  for (const close of closers) close();
});

const open: Foreign[] = [];
afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
  await expect.poll(() => router.counts().sessions).toBe(0);
});

const until = async (what: () => unknown, value: unknown): Promise<void> => {
  await expect.poll(what).toEqual(value);
};
const waits = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs));
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "resolved",
    (error) => error,
  );

type Join = () => Promise<Foreign>;
/** Uses one feature through a foreign client. */
const exercises: Readonly<
  Record<"broker" | "dealer", Readonly<Record<string, (join: Join, house: House) => Promise<void>>>>
> = {
  broker: {
    async pattern_based_subscription(join) {
      const [a, b] = [await join(), await join()];
      const heard: unknown[] = [];
      await a.subscribe("it.city", (args, { topic }) => heard.push(["prefix", topic, ...args]), {
        match: "prefix",
      });
      await a.subscribe("it..lamp", (args, { topic }) => heard.push(["wildcard", topic, ...args]), {
        match: "wildcard",
      });
      await b.publish("it.city.lamp", [1]);
      await b.publish("it.port.lamp", [2]);
      await b.publish("it.port.ship", [3]);
      await until(
        () => heard,
        [
          ["prefix", "it.city.lamp", 1],
          ["wildcard", "it.city.lamp", 1],
          ["wildcard", "it.port.lamp", 2],
        ],
      );
    },
    async publisher_exclusion(join) {
      const a = await join();
      const heard: unknown[] = [];
      await a.subscribe("it.own", (args) => heard.push(args[0]));
      await a.publish("it.own", ["not to me"]);
      const other = await join();
      await other.publish("it.own", ["from another"]);
      await until(() => heard, ["from another"]);
    },
    async publisher_identification(join) {
      const [a, b] = [await join(), await join()];
      const heard: Details[] = [];
      await a.subscribe("it.who", (_args, details) => heard.push(details));
      await b.publish("it.who", [], { disclose_me: true });
      await b.publish("it.who", []);
      await until(() => heard.map(({ publisher }) => publisher ?? null), [b.id, null]);
    },
    async subscriber_blackwhite_listing(join) {
      const [a, b, publisher] = [await join(), await join(), await join()];
      const heard: unknown[] = [];
      await a.subscribe("it.some", (args) => heard.push(["a", args[0]]));
      await b.subscribe("it.some", (args) => heard.push(["b", args[0]]));
      await publisher.publish("it.some", [1], { exclude: [a.id] });
      await publisher.publish("it.some", [2], { eligible: [a.id] });
      await publisher.publish("it.some", [3], { eligible_authrole: ["nobody"] });
      await publisher.publish("it.some", [4], { exclude_authid: ["anonymous"] });
      await publisher.publish("it.some", [5], {
        eligible_authid: ["anonymous"],
        exclude_authrole: ["x"],
      });
      await until(() => heard.length, 4);
      expect(heard).toEqual(
        expect.arrayContaining([
          ["b", 1],
          ["a", 2],
          ["a", 5],
          ["b", 5],
        ]),
      );
    },
    async session_meta_api(join) {
      const a = await join();
      const heard: unknown[] = [];
      await a.subscribe("wamp.session.on_join", (args) => heard.push((args[0] as Details).session));
      await a.subscribe("wamp.session.on_leave", (args) => heard.push(args[0]));
      const b = await join();
      await until(() => heard, [b.id]);
      await b.close();
      open.splice(open.indexOf(b), 1);
      await until(() => heard, [b.id, b.id]);
    },
    async subscription_meta_api(join) {
      const a = await join();
      const heard: unknown[] = [];
      await a.subscribe("wamp.subscription.on_create", (args) =>
        heard.push((args[1] as Details).uri),
      );
      const b = await join();
      await b.subscribe("it.met", () => {});
      await until(() => heard.at(-1), "it.met");
      const id = await a.call("wamp.subscription.lookup", ["it.met"]);
      expect(await a.call("wamp.subscription.count_subscribers", [id])).toBe(1);
      expect(await a.call("wamp.subscription.get", [id])).toMatchObject({
        uri: "it.met",
        match: "exact",
      });
    },
  },
  dealer: {
    async call_canceling(join, house) {
      const [a, b] = [await join(), await join()];
      let calls = 0;
      await b.register("it.slow", () => {
        calls += 1;
        return new Promise((resolve) => setTimeout(resolve, 150, "late"));
      });
      for (const mode of house.cancelModes) {
        const call = a.call("it.slow");
        const ended = failureOf(call);
        await until(() => calls > 0, true);
        call.cancel?.(mode);
        expect(String(await ended)).toMatch(/cancel/i);
      }
      expect(await a.call("it.slow")).toBe("late");
    },
    async call_timeout(join) {
      const [a, b] = [await join(), await join()];
      // Whoever is heard no more still answers, with what every serializer can write.
      await b.register("it.never", () => waits(400).then(() => null));
      expect(await failureOf(a.call("it.never", [], { timeout: 40 }))).toBe("wamp.error.timeout");
    },
    async caller_identification(join) {
      const [a, b] = [await join(), await join()];
      await b.register("it.whoami", (_args, { caller }) => caller ?? null);
      expect(await a.call("it.whoami", [], { disclose_me: true })).toBe(a.id);
      expect(await a.call("it.whoami")).toBe(null);
    },
    async pattern_based_registration(join) {
      const [a, b] = [await join(), await join()];
      await b.register("it.all", (_args, { procedure }) => ["prefix", procedure].join(" "), {
        match: "prefix",
      });
      await b.register("it..dim", (_args, { procedure }) => ["wildcard", procedure].join(" "), {
        match: "wildcard",
      });
      expect(await a.call("it.all.dim")).toBe("prefix it.all.dim");
      expect(await a.call("it.lamp.dim")).toBe("wildcard it.lamp.dim");
      expect(await failureOf(a.call("it.lamp.bright"))).toBe("wamp.error.no_such_procedure");
    },
    async progressive_call_results(join) {
      const [a, b] = [await join(), await join()];
      await b.register("it.steps", async (_args, _details, progress) => {
        progress(1);
        progress(2);
        await waits(5);
        return 3;
      });
      const heard: unknown[] = [];
      expect(await a.call("it.steps", [], {}, (value) => heard.push(value))).toBe(3);
      expect(heard).toEqual([1, 2]);
    },
    async shared_registration(join) {
      const [caller, a, b] = [await join(), await join(), await join()];
      const uses: Readonly<Record<string, readonly string[]>> = {
        ...{ roundrobin: ["a", "b", "a", "b"], first: ["a", "a"], last: ["b", "b"] },
      };
      for (const [invoke, expected] of Object.entries(uses)) {
        await a.register(`it.shared.${invoke}`, () => "a", { invoke });
        await b.register(`it.shared.${invoke}`, () => "b", { invoke });
        for (const name of expected) expect(await caller.call(`it.shared.${invoke}`)).toBe(name);
      }
      await a.register("it.shared.random", () => "a", { invoke: "random" });
      await b.register("it.shared.random", () => "b", { invoke: "random" });
      expect(["a", "b"]).toContain(await caller.call("it.shared.random"));
      await a.register("it.single", () => "a");
      expect(await failureOf(b.register("it.single", () => "b"))).toMatch(
        /procedure_already_exists/,
      );
    },
    async session_meta_api(join) {
      const [a, b] = [await join(), await join()];
      expect(await a.call("wamp.session.count")).toBe(2);
      expect(await a.call("wamp.session.list", [["anonymous"]])).toEqual(
        expect.arrayContaining([a.id, b.id]),
      );
      expect(await a.call("wamp.session.get", [b.id])).toMatchObject({
        session: b.id,
        authmethod: "anonymous",
      });
      expect(await failureOf(a.call("wamp.session.get", [1]))).toBe("wamp.error.no_such_session");
      await a.call("wamp.session.kill", [b.id]);
      await until(() => router.counts().sessions, 1);
    },
    async registration_meta_api(join) {
      const [a, b] = [await join(), await join()];
      const heard: unknown[] = [];
      await a.subscribe("wamp.registration.on_create", (args) =>
        heard.push((args[1] as Details).uri),
      );
      await b.register("it.met", () => 1);
      await until(() => heard, ["it.met"]);
      const id = await a.call("wamp.registration.match", ["it.met"]);
      expect(await a.call("wamp.registration.lookup", ["it.met"])).toBe(id);
      expect(await a.call("wamp.registration.get", [id])).toMatchObject({
        uri: "it.met",
        invoke: "single",
      });
      expect(await a.call("wamp.registration.count_callees", [id])).toBe(1);
    },
  },
};

describe.each(houses.map((house) => [house.name, house] as const))("%s", (_name, house) => {
  const join = async (): Promise<Foreign> => {
    const session = await house.join(url);
    open.push(session);
    return session;
  };
  for (const [role, features] of Object.entries(exercises))
    it.each(Object.entries(features))(`${role}: %s`, (_feature, exercise) => exercise(join, house));

  it("sends arguments of every kind, and gets them back", async () => {
    const [a, b] = [await join(), await join()];
    await b.register("it.echo", ([one]) => one);
    const value = {
      text: "è 🌋",
      whole: 2 ** 40,
      part: 1.5,
      none: null,
      list: [true, { deep: [-1] }],
    };
    expect(await a.call("it.echo", [value])).toEqual(value);
    expect(spoken).toContain(house.subprotocol);
  });
});

describe("ways to join", () => {
  const [json, , , wampy] = houses as [House, House, House, House];
  it.each<[string, House, Login]>([
    ["autobahn, ticket", json, { method: "ticket", authid: "joe", secret: "letmein" }],
    ["autobahn, wampcra", json, { method: "wampcra", authid: "joe", secret: "secret" }],
    [
      "autobahn, wampcra with a salt",
      json,
      { method: "wampcra", authid: "salted", secret: "secret" },
    ],
    ["autobahn, cryptosign", json, { method: "cryptosign", authid: "joe", keys }],
    ["wampy, ticket", wampy, { method: "ticket", authid: "joe", secret: "letmein" }],
    ["wampy, wampcra", wampy, { method: "wampcra", authid: "joe", secret: "secret" }],
  ])("%s", async (_name, house, login) => {
    const session = await house.join(url, login);
    open.push(session);
    expect(session.details).toMatchObject({
      authid: "joe",
      authrole: "person",
      authmethod: login.method,
    });
    if (login.secret)
      await expect(house.join(url, { ...login, secret: "guess" })).rejects.toThrow();
  });
});

it("announces nothing that no foreign client has used", () => {
  const announced = routerRoles(true) as Record<string, { features: Record<string, boolean> }>;
  for (const role of ["broker", "dealer"] as const)
    expect(Object.keys(announced[role]?.features ?? {}).sort()).toEqual(
      Object.keys(exercises[role]).sort(),
    );
});

import { systemClock } from "@s4t/kit";
import { afterEach, describe, expect, it } from "vitest";
import { wampErrors } from "../error.ts";
import { linkedPeers, type Peer } from "../peer.ts";
import { createRouter, type Router } from "../router/router.ts";
import { createReconnectingClient, type ReconnectingClient } from "./reconnecting.ts";

const clients: ReconnectingClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

/** A router and the way to it, which can be cut. */
const aWorld = () => {
  const router: Router = createRouter(
    {
      realms: [
        {
          ...{ name: "s4t", authenticators: [] },
          authorize: (_session, action, uri) => world.onAsked(action, uri) ?? "allow",
        },
      ],
    },
    { clock: systemClock, random: Math.random },
  );
  const ends: Peer[] = [];
  const world = {
    router,
    isThere: true,
    tries: 0,
    /** Asked of every request, within the router's turn. */
    onAsked: (_action: string, _uri: string): "deny" | undefined => undefined,
    cut() {
      for (const end of ends.splice(0)) end.close(1006, "cut");
    },
    aClient(realm = "s4t", onJoined = () => {}, signal?: AbortSignal): ReconnectingClient {
      const client = createReconnectingClient(
        {
          async connect() {
            world.tries += 1;
            if (!world.isThere) throw new TypeError("no way");
            const [near, far] = linkedPeers();
            router.attach(far, { trustedAs: { authid: "x", authrole: "y" } });
            ends.push(near);
            return near;
          },
          join: { realm },
          onJoined,
          ...(signal ? { signal } : {}),
        },
        { clock: systemClock, random: () => 0.01 },
      );
      clients.push(client);
      return client;
    },
  };
  return world;
};

describe("a client that stays joined", () => {
  it("brings its registrations and subscriptions along, and lets calls that were not sent wait", async () => {
    const world = aWorld();
    const [callee, caller] = [world.aClient(), world.aClient()];
    const heard: unknown[] = [];
    await callee.register("a.echo", ({ args }) => ({ args }));
    const gone = await callee.register("a.gone", () => {});
    await callee.subscribe("a.topic", ({ args }) => heard.push(args[0]));
    await gone.remove();
    const before = (await caller.joined()).id;
    world.cut();
    await expect.poll(() => caller.session?.id ?? before).not.toBe(before);
    await expect.poll(() => world.router.realmCounts("s4t")?.registrations).toBe(1);
    expect((await caller.call("a.echo", { args: [7] })).args).toEqual([7]);
    await caller.publish("a.topic", { args: ["again"] });
    await expect.poll(() => heard).toEqual(["again"]);
    await expect(caller.call("a.gone")).rejects.toMatchObject({ uri: wampErrors.noSuchProcedure });
  });

  it("does not send a call again that was under way", async () => {
    const world = aWorld();
    const [callee, caller] = [world.aClient(), world.aClient()];
    let calls = 0;
    await callee.register("a.slow", () => {
      calls += 1;
      return new Promise(() => {});
    });
    const call = caller.call("a.slow");
    await expect.poll(() => calls).toBe(1);
    world.cut();
    await expect(call).rejects.toMatchObject({ uri: wampErrors.networkFailure });
    await expect.poll(() => world.router.realmCounts("s4t")?.registrations).toBe(1);
    expect(calls).toBe(1);
  });

  it("tries again while there is no way, and stops when that is useless or unwanted", async () => {
    const world = aWorld();
    world.isThere = false;
    const client = world.aClient();
    const signal = AbortSignal.timeout(20);
    await expect(client.call("a.b", { signal })).rejects.toMatchObject({ name: "TimeoutError" });
    await expect.poll(() => world.tries).toBeGreaterThan(2);
    world.isThere = true;
    expect((await client.joined()).realm).toBe("s4t");
    const stranger = world.aClient("elsewhere");
    expect(await stranger.closed).toMatchObject({ uri: wampErrors.noSuchRealm });
    await expect(stranger.call("a.b")).rejects.toMatchObject({ uri: wampErrors.noSuchRealm });
    await client.close();
    expect(await client.closed).toMatchObject({ uri: expect.stringContaining("wamp.") });
    await expect(client.joined()).rejects.toMatchObject({ uri: expect.stringContaining("wamp.") });
  });

  it.each(["a.one", "a.two"])(
    "%s that is removed while it joins again is not there",
    async (removed) => {
      const world = aWorld();
      const client = world.aClient();
      const kept = {
        "a.one": await client.register("a.one", () => {}),
        "a.two": await client.register("a.two", () => {}),
      };
      const first = client.session;
      let removing: Promise<void> | undefined;
      // The first is in place by then, the second on its way.
      world.onAsked = (_action, uri) => {
        if (uri === "a.two") removing = kept[removed as "a.one"].remove();
        return undefined;
      };
      world.cut();
      await expect.poll(() => client.session ?? first).not.toBe(first);
      await removing;
      expect(removing).toBeDefined();
      expect(world.router.realmCounts("s4t")?.registrations).toBe(1);
    },
  );

  it("does not keep what its owner was told has failed", async () => {
    const world = aWorld();
    let sessions = 0;
    const client = world.aClient("s4t", () => {
      sessions += 1;
    });
    const first = await client.joined();
    let asked = 0;
    const register = first.register.bind(first);
    // In place in a session that has another one behind it by then, where it is denied.
    first.register = async (...args) => {
      const registration = await register(...args);
      world.cut();
      await expect.poll(() => client.session ?? first).not.toBe(first);
      return registration;
    };
    world.onAsked = () => {
      asked += 1;
      return asked === 2 ? "deny" : undefined;
    };
    await expect(client.register("a.b", () => {})).rejects.toMatchObject({
      uri: wampErrors.notAuthorized,
    });
    world.cut();
    await expect.poll(() => sessions).toBe(3);
    expect(asked).toBe(2);
    expect(world.router.realmCounts("s4t")?.registrations).toBe(0);
  });

  it("keeps what is in place when the signal of its first time is aborted", async () => {
    const world = aWorld();
    const client = world.aClient();
    const controller = new AbortController();
    await client.register("a.b", () => {}, { signal: controller.signal });
    controller.abort();
    const first = client.session;
    world.cut();
    await expect.poll(() => client.session ?? first).not.toBe(first);
    expect(world.router.realmCounts("s4t")?.registrations).toBe(1);
  });

  it("has no session that is over, when who hears of a new one throws", async () => {
    const world = aWorld();
    let sessions = 0;
    const client = world.aClient("s4t", () => {
      sessions += 1;
      if (sessions === 1) throw new TypeError("not now");
    });
    const first = await client.joined();
    await first.closed;
    expect(client.session).not.toBe(first);
    await expect.poll(() => sessions).toBe(2);
    expect((await client.joined()).id).not.toBe(first.id);
  });

  it("is closed by its signal while it is joined, and joins no more", async () => {
    const world = aWorld();
    const controller = new AbortController();
    const client = world.aClient("s4t", () => {}, controller.signal);
    const { closed } = await client.joined();
    controller.abort();
    expect(await closed).toMatchObject({ reason: "wamp.close.goodbye_and_out" });
    await client.closed;
    expect(client.session).toBeUndefined();
    expect(world.router.listSessions("s4t")).toEqual([]);
    expect(world.tries).toBe(1);
  });

  it("is closed while what it keeps is on its way", async () => {
    const world = aWorld();
    const client = world.aClient();
    await client.register("a.one", () => {});
    await client.register("a.two", () => {});
    let closing: Promise<void> | undefined;
    world.onAsked = () => {
      closing ??= client.close();
      return undefined;
    };
    world.cut();
    await expect.poll(() => closing !== undefined).toBe(true);
    await closing;
    expect(client.session).toBeUndefined();
    await expect.poll(() => world.router.listSessions("s4t")).toEqual([]);
  });
});

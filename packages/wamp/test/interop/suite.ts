// The tests that every foreign client goes through.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exercises, type Join } from "./exercises.ts";
import type { Foreign, House, Login } from "./foreign.ts";
import { openWorld, type World } from "./world.ts";

/** Runs the table of uses with each of `houses`, and joins in each of `logins`. */
export const describeInterop = (
  houses: readonly House[],
  logins: readonly (readonly [string, House, Login])[],
): void => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const open: Foreign[] = [];
  afterEach(async () => {
    for (const session of open.splice(0)) await session.close();
    await expect.poll(() => world.router.counts().sessions).toBe(0);
  });

  describe.each(houses.map((house) => [house.name, house] as const))("%s", (_name, house) => {
    const join: Join = async (announces) => {
      const session = await house.join(world.doors, undefined, announces);
      open.push(session);
      const close = () => {
        open.splice(open.indexOf(session), 1);
        return session.close();
      };
      return { ...session, close };
    };
    for (const [role, features] of Object.entries(exercises))
      it.each(Object.entries(features).filter(([feature]) => !house.without.includes(feature)))(
        `${role}: %s`,
        (_feature, exercise) => exercise(join, house, world.router),
      );

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
      expect(world.spoken).toContain(house.subprotocol);
    });
  });

  describe("ways to join", () => {
    it.each(logins)("%s", async (_name, house, login) => {
      const session = await house.join(world.doors, login);
      open.push(session);
      expect(session.details).toMatchObject({
        authid: "joe",
        authrole: "person",
        authmethod: login.method,
      });
      if (login.secret)
        await expect(house.join(world.doors, { ...login, secret: "guess" })).rejects.toThrow();
    });
  });
};

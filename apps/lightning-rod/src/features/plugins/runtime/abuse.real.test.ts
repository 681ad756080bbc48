// Plugins that misbehave, by an ordinary user's agent: with a sandbox, and with nothing but limits. Root's levels are beside.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TriedAbuse } from "../../../../test/abuse-run.ts";
import { type Elsewhere, openElsewhere } from "../../../../test/elsewhere.ts";
import type { TestMachine } from "../../../../test/runtime.ts";

let elsewhere: Elsewhere;
beforeAll(async () => {
  elsewhere = await openElsewhere("abuse-program.ts");
});
afterAll(() => elsewhere.remove());

it.each(["full", "limits"] as const)(
  "a plugin that misbehaves hurts nobody else, as an ordinary user, level %s",
  async (level) => {
    const { isolation, tried } = (await elsewhere.run([level], {
      ...{ node: process.execPath, isOrdinary: true },
    })) as { isolation: TestMachine["isolation"]; tried: TriedAbuse[] };
    expect(isolation).toMatchObject({ level, ownUser: false });
    expect(tried.length).toBeGreaterThan(25);
    expect(tried.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  },
  500_000,
);

import { systemClock } from "@s4t/kit";
import { afterEach, expect, it } from "vitest";
import { joinRealm } from "../client/join.ts";
import { MAX_ID } from "../ids.ts";
import { linkedPeers } from "../peer.ts";
import { createRouter, type Router } from "./router.ts";

let router: Router | undefined;
afterEach(() => router?.close());

it.each([
  ["in the middle", 0.5, [MAX_ID / 2 + 1, MAX_ID / 2 + 2, MAX_ID / 2 + 3]],
  ["at the end", 1 - 2 ** -53, [MAX_ID, 1, 2]],
])("come to an end where the randomness always says the same: %s", async (_, same, ids) => {
  const opened = createRouter(
    { realms: [{ name: "r", authenticators: [], authorize: () => "allow" }] },
    { clock: systemClock, random: () => same },
  );
  router = opened;
  const joined: number[] = [];
  for (const _each of ids) {
    const [near, far] = linkedPeers();
    opened.attach(far, { trustedAs: { authid: "a", authrole: "a" } });
    joined.push((await joinRealm(near, { realm: "r" }, { clock: systemClock })).id);
  }
  expect(joined).toEqual(ids);
});

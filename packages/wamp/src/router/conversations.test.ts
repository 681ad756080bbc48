// The router in conversations that are written down, frame by frame: `vectors/conversations.json`, for other houses as well.
import { readFileSync } from "node:fs";
import type { Clock } from "@s4t/kit";
import { expect, it } from "vitest";
import { jsonCodec } from "../codec/json.ts";
import { MAX_ID } from "../ids.ts";
import type { Dict } from "../messages/message.ts";
import { openPeer } from "../peer.ts";
import type { TransportListener } from "../transport.ts";
import type { HistoryRule } from "./event-history.ts";
import { createRouter, type Router } from "./router.ts";
import { type TrustRule, trustByRules } from "./trust-levels.ts";

interface Conversation {
  readonly name: string;
  readonly source: string;
  readonly trustLevels?: readonly TrustRule[];
  readonly eventHistory?: readonly HistoryRule[];
  /** Session → its roles, in the order of their coming. */
  readonly roles: Readonly<Record<string, Dict>>;
  readonly says: readonly (readonly [who: string, how: ">" | "<", frame: string])[];
}

const { conversations }: { readonly conversations: readonly Conversation[] } = JSON.parse(
  readFileSync(new URL("../../vectors/conversations.json", import.meta.url), "utf8"),
);

/** One session over a transport of texts. */
const join = async (router: Router, authid: string, roles: Dict) => {
  const told: string[] = [];
  let heard: TransportListener | undefined;
  const transport = {
    bufferedAmount: 0,
    send: (frame: string | Uint8Array) => told.push(String(frame)),
    close: () => {},
    listen: (listener: TransportListener) => {
      heard = listener;
    },
  };
  router.attach(openPeer(transport, jsonCodec), { trustedAs: { authid, authrole: "tester" } });
  heard?.onMessage(JSON.stringify([1, "r", { roles }]));
  await expect.poll(() => told.length).toBe(1);
  expect(told.shift()).toMatch(/^\[2,/);
  return { told, say: (frame: string) => heard?.onMessage(frame) };
};

it.each(conversations)("$name", async ({ roles, says, trustLevels, eventHistory = [] }) => {
  let drawn = -1;
  const clock: Clock = {
    now: () => Date.UTC(2026, 0, 1),
    monotonicMs: () => 0,
    after: () => ({ cancel: () => {} }),
  };
  const router = createRouter(
    {
      realms: [
        {
          ...{ name: "r", authenticators: [], authorize: () => "allow", eventHistory },
          ...(trustLevels ? { trust: trustByRules(trustLevels) } : {}),
        },
      ],
    },
    {
      clock,
      random: () => {
        drawn += 1;
        return drawn / MAX_ID;
      },
    },
  );
  const sessions = new Map<string, Awaited<ReturnType<typeof join>>>();
  for (const [who, how] of Object.entries(roles)) sessions.set(who, await join(router, who, how));
  const of = (who: string) => sessions.get(who) as Awaited<ReturnType<typeof join>>;
  for (const [who, how, frame] of says)
    if (how === ">") of(who).say(frame);
    else
      expect([who, JSON.parse(of(who).told.shift() ?? "null")]).toEqual([who, JSON.parse(frame)]);
  // Nobody was told more than that.
  expect([...sessions.values()].flatMap(({ told }) => told)).toEqual([]);
});

import type { BoardId, ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import type { LinkHost, PresenceEvent } from "../edge/link.ts";
import { createPresence, MAX_PRESENCE_BATCH, MAX_WAITING_PRESENCE } from "./presence.ts";

const event = (board: string, kind: PresenceEvent["event"], epoch = 1): PresenceEvent => ({
  board: { uuid: board as BoardId, project: "p" as ProjectId, name: board },
  epoch,
  event: kind,
  atMs: 0,
  reason: null,
  address: null,
});

/** A host that stores, or has its database away. */
const openHost = () => {
  const stored: PresenceEvent[][] = [];
  const state = { away: false };
  const storePresence = async (events: readonly PresenceEvent[]): Promise<void> => {
    if (state.away) throw new Error("away");
    stored.push([...events]);
  };
  return { host: { storePresence } as LinkHost, stored, state };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("presence", () => {
  it("stores many comings and goings at once, in order", async () => {
    const clock = createManualClock();
    const { host, stored } = openHost();
    const presence = createPresence(host, clock, silentLog);
    for (let i = 0; i <= MAX_PRESENCE_BATCH; i += 1) presence.note(event(`b${i}`, "joined"));
    expect(stored).toEqual([]);
    clock.advance(100);
    await settled();
    expect(stored.map(({ length }) => length)).toEqual([MAX_PRESENCE_BATCH, 1]);
  });
  it("counts what waits until it is stored", async () => {
    const clock = createManualClock();
    const { promise: isStored, resolve: store } = Promise.withResolvers<void>();
    const host = { storePresence: () => isStored } as unknown as LinkHost;
    const presence = createPresence(host, clock, silentLog);
    presence.note(event("a", "joined"));
    presence.note(event("b", "joined"));
    clock.advance(100);
    await settled();
    expect(presence.waiting()).toBe(2);
    store();
    await settled();
    expect(presence.waiting()).toBe(0);
  });
  it("keeps what it could not store, and stores it in order once the database is back", async () => {
    const clock = createManualClock();
    const { host, stored, state } = openHost();
    const presence = createPresence(host, clock, silentLog);
    state.away = true;
    presence.note(event("a", "joined"));
    clock.advance(100);
    await settled();
    presence.note(event("a", "left"));
    clock.advance(1_000);
    await settled();
    expect(stored).toEqual([]);
    state.away = false;
    clock.advance(1_000);
    await settled();
    expect(stored.flat().map((each) => each.event)).toEqual(["joined", "left"]);
  });
  it("keeps the last word of each board however long the database is away", async () => {
    const clock = createManualClock();
    const { host, stored, state } = openHost();
    const presence = createPresence(host, clock, silentLog);
    state.away = true;
    for (let i = 0; i <= MAX_WAITING_PRESENCE; i += 1) presence.note(event("a", "joined", i));
    clock.advance(100);
    await settled();
    state.away = false;
    await presence.flush();
    expect(stored.flat().map(({ epoch }) => epoch)).toEqual([MAX_WAITING_PRESENCE]);
  });
});

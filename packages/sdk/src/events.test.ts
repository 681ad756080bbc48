import type { Clock } from "@s4t/kit";
import {
  connectEvents,
  EVENTS_BACKOFF_CAP_MS,
  EVENTS_SILENCE_MS,
  type EventsOptions,
  type EventsState,
} from "@s4t/sdk";
import { beforeEach, expect, it } from "vitest";

class FakeSocket {
  static all: FakeSocket[] = [];
  readonly url: string;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code?: number; reason?: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const createFakeClock = () => {
  let ms = 1_000_000;
  const timers = new Set<{ at: number; then: () => void }>();
  const clock: Clock = {
    now: () => ms,
    monotonicMs: () => ms,
    after(delayMs, then) {
      const timer = { at: ms + delayMs, then };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
  };
  const advance = (byMs: number): void => {
    const end = ms + byMs;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      ms = next.at;
      timers.delete(next);
      next.then();
    }
    ms = end;
  };
  return { clock, advance };
};

const settle = () => new Promise((resolve) => setImmediate(resolve));
const last = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;

beforeEach(() => {
  FakeSocket.all = [];
});

const open = async (options: Partial<EventsOptions> = {}) => {
  const { clock, advance } = createFakeClock();
  const states: EventsState[] = [];
  const errors: string[] = [];
  const events = connectEvents({
    url: "https://cloud:8812",
    auth: "secret",
    clock,
    random: () => 0.999,
    WebSocket: FakeSocket,
    onState: (state) => states.push(state),
    onError: ({ code }) => errors.push(code),
    ...options,
  });
  await settle();
  const join = async (): Promise<void> => {
    await settle();
    last().onopen?.();
    last().say({ type: "welcome", time: clock.now() + 5_000 });
  };
  return { events, clock, advance, states, errors, join };
};

it("says who it is in the first frame and subscribes after the welcome", async () => {
  const { events, states, join } = await open();
  events.subscribe("boards", { project: "messina" });
  expect(last().url).toBe("wss://cloud:8812/events");
  expect(last().sent).toEqual([]);
  await join();
  expect(last().sent).toEqual([
    { type: "auth", token: "secret" },
    { type: "subscribe", id: 1, topic: "boards", project: "messina" },
  ]);
  expect(states).toEqual(["live"]);
  expect(events.skewMs).toBe(5_000);
});

it("hands snapshots and changes to their subscription and keeps the cursor", async () => {
  const { events, join } = await open();
  await join();
  const heard: unknown[] = [];
  const subscription = events.subscribe("series:u", {
    onSnapshot: (data, cursor) => heard.push(["snapshot", data.values, cursor]),
    onChange: (data, cursor) => heard.push(["change", data.values, cursor]),
  });
  last().say({ type: "snapshot", id: 1, cursor: "4", data: { at: 1, values: { a: 1 } } });
  last().say({ type: "change", id: 1, cursor: "5", data: { at: 2, values: { a: 2 } } });
  last().say({ type: "change", id: 9, cursor: "6", data: { at: 3, values: { a: 3 } } });
  expect(heard).toEqual([
    ["snapshot", { a: 1 }, "4"],
    ["change", { a: 2 }, "5"],
  ]);
  expect(subscription.cursor).toBe("5");
  subscription.close();
  expect(last().sent.at(-1)).toEqual({ type: "unsubscribe", id: 1 });
});

it("comes back after a break and goes on from the last cursor", async () => {
  const { events, advance, states, join } = await open();
  events.subscribe("audit", {});
  await join();
  last().say({ type: "snapshot", id: 1, cursor: "17", data: { added: [] } });
  last().onclose?.({ code: 1006 });
  expect(events.state).toBe("reconnecting");
  advance(499);
  await settle();
  expect(FakeSocket.all).toHaveLength(1);
  advance(1);
  await join();
  expect(FakeSocket.all).toHaveLength(2);
  expect(last().sent.at(-1)).toEqual({ type: "subscribe", id: 1, topic: "audit", since: "17" });
  expect(states).toEqual(["live", "reconnecting", "live"]);
});

it("notices by missed beats that the peer died without a word", async () => {
  const { events, advance, join } = await open();
  await join();
  for (let i = 0; i < 4; i += 1) {
    advance(EVENTS_SILENCE_MS - 1);
    last().say({ type: "beat", time: 1 });
  }
  expect(events.state).toBe("live");
  const gone = last();
  advance(EVENTS_SILENCE_MS);
  expect(events.state).toBe("reconnecting");
  expect(gone.closed).toBe(true);
});

it("waits longer each time, up to a bound, and wakes at once when told", async () => {
  const { events, advance, join } = await open();
  await join();
  for (let i = 0; i < 12; i += 1) {
    last().onclose?.({ code: 1006 });
    advance(EVENTS_BACKOFF_CAP_MS);
    await settle();
    expect(FakeSocket.all).toHaveLength(i + 2);
  }
  last().onclose?.({ code: 1006 });
  advance(EVENTS_BACKOFF_CAP_MS / 2);
  await settle();
  expect(FakeSocket.all).toHaveLength(13);
  events.wake();
  await settle();
  expect(FakeSocket.all).toHaveLength(14);
});

it("renews its token once when refused, then gives up with the reason", async () => {
  let renewals = 0;
  const auth = { token: () => "old", renew: async () => `new ${++renewals}` };
  const { events, errors } = await open({ auth });
  last().onclose?.({ code: 4401, reason: "auth.expired" });
  await settle();
  await settle();
  expect(FakeSocket.all).toHaveLength(2);
  last().onclose?.({ code: 4401, reason: "auth.expired" });
  await settle();
  expect(events.state).toBe("closed");
  expect(errors).toEqual(["auth.expired"]);
  expect(renewals).toBe(1);
});

it("tells a refused subscription of its error and leaves the others alone", async () => {
  const { events, join } = await open();
  await join();
  const codes: string[] = [];
  events.subscribe("board:x", { onError: ({ code }) => codes.push(code) });
  events.subscribe("boards", { onError: ({ code }) => codes.push(code) });
  last().say({ type: "error", id: 1, code: "board.not-found", sentence: "No." });
  expect(codes).toEqual(["board.not-found"]);
  expect(events.state).toBe("live");
});

it("fetches a fresh ticket for every connection of a page", async () => {
  let tickets = 0;
  const { advance, join } = await open({
    auth: undefined,
    ticket: async () => `ticket ${++tickets}`,
  });
  await join();
  last().onclose?.({});
  advance(500);
  await join();
  expect(FakeSocket.all.map(({ sent }) => sent[0])).toEqual([
    { type: "auth", ticket: "ticket 1" },
    { type: "auth", ticket: "ticket 2" },
  ]);
});

it("is silent after close", async () => {
  const { events, advance, states, join } = await open();
  await join();
  events.close();
  advance(100_000);
  await settle();
  expect(FakeSocket.all).toHaveLength(1);
  expect(states).toEqual(["live", "closed"]);
});

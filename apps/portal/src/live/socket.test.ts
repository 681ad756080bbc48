import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createEventSocket, type SocketLike } from "./socket.ts";

class FakeSocket implements SocketLike {
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string) {
    this.sent.push(JSON.parse(data));
  }
  close() {
    this.closed = true;
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const opened: FakeSocket[] = [];
const setUp = (fetchTicket = async () => "ticket-1") => {
  const times: number[] = [];
  const socket = createEventSocket({
    openSocket() {
      const made = new FakeSocket();
      opened.push(made);
      return made;
    },
    fetchTicket,
    onServerTime: (ms) => times.push(ms),
    now: () => Date.now(),
    random: () => 0.5,
  });
  return { socket, times };
};
const welcome = async () => {
  await vi.advanceTimersByTimeAsync(0);
  const last = opened.at(-1);
  last?.onopen?.();
  last?.say({ type: "welcome", time: 5 });
  return last as FakeSocket;
};

describe("the event socket", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    opened.length = 0;
  });
  afterEach(() => void vi.useRealTimers());

  it("says its ticket first and is live at the welcome", async () => {
    const { socket, times } = setUp();
    socket.start();
    expect(socket.status().state).toBe("connecting");
    const first = await welcome();
    expect(first.sent).toEqual([{ type: "auth", ticket: "ticket-1" }]);
    expect(socket.status().state).toBe("live");
    expect(times).toEqual([5]);
    socket.stop();
  });

  it("asks for its topics again after a break, from where it had come to", async () => {
    const { socket } = setUp();
    const seen: unknown[] = [];
    socket.subscribe({
      topic: "boards",
      project: "messina",
      on: (data, kind) => seen.push([kind, data]),
    });
    socket.start();
    const first = await welcome();
    first.say({ type: "change", id: 1, cursor: "41", data: { changed: [], removed: [] } });
    first.onclose?.();
    expect(socket.status().state).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(20_000);
    const second = await welcome();
    expect(second.sent.at(-1)).toEqual({
      type: "subscribe",
      id: 1,
      topic: "boards",
      project: "messina",
      since: "41",
    });
    expect(seen).toHaveLength(1);
    socket.stop();
  });

  it("gives a connection up that is silent for longer than a beat and a half", async () => {
    const { socket } = setUp();
    socket.start();
    const first = await welcome();
    await vi.advanceTimersByTimeAsync(10_000);
    first.say({ type: "beat", time: 6 });
    await vi.advanceTimersByTimeAsync(14_000);
    expect(socket.status().state).toBe("live");
    await vi.advanceTimersByTimeAsync(2_500);
    expect(socket.status().state).toBe("reconnecting");
    expect(first.closed).toBe(true);
    socket.stop();
  });

  it("tries again when no ticket is to be had, and at once when woken", async () => {
    let tries = 0;
    const { socket } = setUp(async () => {
      tries += 1;
      throw new TypeError("no network");
    });
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(tries).toBe(1);
    socket.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(tries).toBe(2);
    socket.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(2);
  });

  it("rests while nobody looks and comes back when shown", async () => {
    const { socket } = setUp();
    socket.start();
    await welcome();
    socket.setHidden(true);
    for (let beat = 0; beat < 7; beat += 1) {
      opened.at(-1)?.say({ type: "beat", time: 1 });
      await vi.advanceTimersByTimeAsync(9_000);
    }
    expect(socket.status().state).toBe("paused");
    socket.setHidden(false);
    await welcome();
    expect(socket.status().state).toBe("live");
    socket.stop();
  });
});

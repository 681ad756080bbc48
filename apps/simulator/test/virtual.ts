// A world in memory: a clock that is moved, and lines between boards and a cloud on it, each message late by chance of a seed.
import type { Clock } from "@s4t/kit";
import type { Transport, TransportEnd, TransportListener } from "@s4t/wamp";
import type { ClientTransport } from "@s4t/wamp/node/client";
import type { Line, Network } from "../src/network.ts";

export interface VirtualClock extends Clock {
  /** Moves on, timer by timer; what each brings about is over before the next. */
  pass(ms: number): Promise<void>;
}

interface Due {
  readonly at: number;
  readonly turn: number;
  readonly then: () => void;
}

const startMs = 1_800_000_000_000;
/** Everything that promises bring about: no board waits for anything but them and the clock. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createVirtualClock = (): VirtualClock => {
  let passed = 0;
  let turns = 0;
  const timers = new Set<Due>();
  const next = (until: number): Due | undefined => {
    let first: Due | undefined;
    for (const timer of timers)
      if (
        timer.at <= until &&
        (!first || timer.at < first.at || (timer.at === first.at && timer.turn < first.turn))
      )
        first = timer;
    return first;
  };
  return {
    now: () => startMs + Math.round(passed),
    monotonicMs: () => passed,
    after(delayMs, then) {
      turns += 1;
      const timer = { at: passed + Math.max(0, delayMs), turn: turns, then };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    async pass(ms) {
      const until = passed + ms;
      await settled();
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer);
        passed = timer.at;
        timer.then();
        await settled();
      }
      passed = until;
    },
  };
};

/** One end of a line. */
class End implements Transport {
  readonly bufferedAmount = 0;
  far!: End;
  readonly #wire: (then: () => void) => void;
  #listener: TransportListener | undefined;
  #isOver = false;

  constructor(wire: (then: () => void) => void) {
    this.#wire = wire;
  }

  send(data: string | Uint8Array): void {
    if (!this.#isOver) this.#wire(() => this.far.#listener?.onMessage(data));
  }

  close(code: number, reason: string): void {
    this.#wire(() => this.far.over({ code, reason }));
    this.over({ code, reason });
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  over(end: TransportEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const listener = this.#listener;
    this.#listener = undefined;
    queueMicrotask(() => listener?.onClose(end));
  }
}

/** Longest that a message is on its way. */
const latestMs = 80;
/** After so long without a sign of life both ends give a silent line up, as the keep-alive of sockets does. */
const silentMs = 28_000;

/** A network on which `accept` gets the far end of each connection. */
export const createVirtualNetwork =
  (clock: Clock, random: () => number, accept: (far: Transport) => void): Network =>
  async (_options, _deps, onLine) => {
    let isSilent = false;
    // In order, both ways: what is late keeps what follows.
    const wireOf = () => {
      let free = 0;
      return (then: () => void): void => {
        const now = clock.monotonicMs();
        free = Math.max(free, now + random() * latestMs);
        clock.after(free - now, () => {
          if (!isSilent) then();
        });
      };
    };
    const [near, far] = [new End(wireOf()), new End(wireOf())];
    near.far = far;
    far.far = near;
    const end = { code: 1006, reason: "The line was cut." };
    const cut = (): void => {
      near.over(end);
      far.over(end);
    };
    const line: Line = {
      cut,
      silence() {
        isSilent = true;
        clock.after(silentMs, cut);
      },
    };
    onLine(line);
    accept(far);
    return Object.assign(near as Transport, {
      ...{ channelId: undefined, peerCertificate: undefined, localAddress: undefined },
    }) as ClientTransport;
  };

// Two ends of a tunnel and an oracle: whatever users do in whatever order, bytes and messages arrive whole, in order and once, or the
// stream is reset at both ends; nobody holds more than the windows; nothing is left behind.
import { seeded, systemClock } from "@s4t/kit";
import { MAX_WINDOWS_BYTES, MIN_WINDOW_BYTES } from "../src/credit.ts";
import { linkedTransports } from "../src/linked.ts";
import type { Stream } from "../src/stream.ts";
import { createTunnel, type Tunnel } from "../src/tunnel.ts";

/** One direction of one stream, as the oracle knows it. */
interface Way {
  /** Sum over position × byte of what was written, and of what was heard: order and content at once. */
  written: number;
  writtenSum: number;
  heard: number;
  heardSum: number;
  messagesWritten: number[];
  messagesHeard: number[];
  isEndWritten: boolean;
  isEndHeard: boolean;
  /** Heard, and not consumed. */
  held: number;
}
const newWay = (): Way => ({
  ...{ written: 0, writtenSum: 0, heard: 0, heardSum: 0, held: 0 },
  ...{ messagesWritten: [], messagesHeard: [], isEndWritten: false, isEndHeard: false },
});
/** A pair of ways: from who opened, and back. */
interface Pair {
  readonly ways: readonly [Way, Way];
  readonly ends: (Stream | undefined)[];
  isReset: boolean;
}

const fault = (what: string): never => {
  throw new RangeError(what);
};
const addTo = (sum: number, at: number, bytes: Uint8Array): number => {
  let next = sum;
  for (let i = (97 - (at % 97)) % 97; i < bytes.length; i += 97)
    next = (next + (bytes[i] as number) * ((at + i) % 8191)) % 2 ** 40;
  return next;
};
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** Lives one random life of a tunnel of so many steps. */
export const live = async ({ steps, seed }: { readonly steps: number; readonly seed: number }) => {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const [a, b] = linkedTransports();
  const pairs: Pair[] = [];
  const listen = (pair: Pair, side: 0 | 1): void => {
    const way = pair.ways[side === 0 ? 1 : 0];
    const stream = pair.ends[side] as Stream;
    const onBytes = (bytes: Uint8Array, giveBack?: () => void): void => {
      way.heardSum = addTo(way.heardSum, way.heard, bytes);
      way.heard += bytes.length;
      if (way.heard > way.written) fault("bytes that nobody wrote");
      giveBack?.();
      way.held += bytes.length;
      if (random() < 0.7) use(stream, way);
    };
    stream.listen({
      onData: (bytes) => onBytes(bytes),
      ...(random() < 0.5 ? { onLent: onBytes } : {}),
      onMessage: (message) => way.messagesHeard.push(Number(message)),
      onEnd() {
        way.isEndHeard = true;
        if (way.heard !== way.written) fault(`an end after ${way.heard} of ${way.written} bytes`);
      },
      onReset: () => {
        pair.isReset = true;
      },
    });
  };
  const use = (stream: Stream, way: Way): void => {
    const { held } = way;
    way.held = 0;
    stream.consumed(held);
  };
  const tunnels: readonly Tunnel[] = [a, b].map((transport, side) =>
    createTunnel(transport, {
      role: side === 0 ? "dialer" : "acceptor",
      clock: systemClock,
      onOpen(incoming) {
        const pair = pairs[Number(incoming.args)] as Pair;
        const answer = (): void => {
          if (random() < 0.1) {
            incoming.refuse("no", "No.");
            return;
          }
          pair.ends[1] = incoming.accept();
          if (random() < 0.5) listen(pair, 1);
          else setImmediate(() => listen(pair, 1));
        };
        if (random() < 0.5) answer();
        else setImmediate(answer);
      },
    }),
  );
  const step = (): void => {
    const pair = pairs.length > 0 ? (pairs[below(pairs.length)] as Pair) : undefined;
    const side = below(2) as 0 | 1;
    const stream = pair?.ends[side];
    const way = pair?.ways[side];
    const act = below(20);
    if (act < 3) {
      const made: Pair = { ways: [newWay(), newWay()], ends: [], isReset: false };
      const giveUp = new AbortController();
      if (random() < 0.1) setImmediate(() => giveUp.abort(new RangeError("given up")));
      (tunnels[below(2)] as Tunnel)
        .open({ kind: "x", args: pairs.push(made) - 1 }, { signal: giveUp.signal })
        .then(
          (opened) => {
            made.ends[0] = opened;
            listen(made, 0);
          },
          () => {
            made.isReset = true;
          },
        );
    } else if (!stream || !way || pair?.isReset) return;
    else if (act < 12) {
      if (way.isEndWritten) return;
      const bytes = new Uint8Array(1 + below(random() < 0.1 ? 400_000 : 3_000)).fill(below(256));
      way.writtenSum = addTo(way.writtenSum, way.written, bytes);
      way.written += bytes.length;
      stream.write(bytes);
    } else if (act < 14) {
      if (way.isEndWritten) return;
      const n = below(1_000_000);
      way.messagesWritten.push(n);
      stream.message(n);
    } else if (act < 16) {
      way.isEndWritten = true;
      stream.end();
    } else if (act === 16) {
      if (random() < 0.3) stream.reset("cancelled");
    } else use(stream, pair?.ways[side === 0 ? 1 : 0] as Way);
  };
  const check = (): void => {
    let held = 0;
    for (const { ways } of pairs) for (const way of ways) held += way.held;
    if (held > 2 * MAX_WINDOWS_BYTES + 2 * pairs.length * MIN_WINDOW_BYTES)
      fault(`${held} bytes held`);
  };
  const isKilled = random() < 0.3;
  for (let i = 0; i < steps; i += 1) {
    step();
    if (random() < 0.3) await turns(1);
    check();
    if (isKilled && i > steps / 2 && random() < 0.05) break;
  }
  if (isKilled) (tunnels[below(2)] as Tunnel).close("lost");
  else {
    // Everything is read and ended: whatever was written must have come.
    for (let i = 0; i < 400; i += 1) {
      for (const { ends, ways, isReset } of pairs)
        for (const side of [0, 1] as const) {
          const stream = ends[side];
          if (!stream || isReset) continue;
          ways[side].isEndWritten = true;
          stream.end();
          use(stream, ways[side === 0 ? 1 : 0]);
        }
      await turns(2);
      if (tunnels.every((tunnel) => tunnel.streamCount === 0)) break;
    }
    for (const [i, { ways, isReset }] of pairs.entries())
      for (const way of isReset ? [] : ways) {
        if (way.heard !== way.written || way.heardSum !== way.writtenSum)
          fault(`stream ${i}: ${way.heard} of ${way.written} bytes, or others`);
        if (way.messagesHeard.join() !== way.messagesWritten.join()) fault(`stream ${i}: messages`);
        if (!way.isEndHeard) fault(`stream ${i}: no end`);
      }
  }
  await turns(2);
  for (const tunnel of tunnels)
    if (tunnel.streamCount !== 0) fault(`${tunnel.streamCount} streams are left`);
  for (const tunnel of tunnels) tunnel.close("ended");
};

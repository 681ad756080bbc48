// TLS handshakes, so many at once; the other connections wait for their turn before anything is reckoned for them. A handshake is the
// dearest part of a fleet's return, and one that is made for somebody who is then sent away is made for nothing. Turns go round by
// address: a fleet behind one router, or a stranger with ten thousand sockets, does not stand before a person elsewhere.
import type { Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "@s4t/kit";

/** Handshakes under way: enough that those with a long way keep nobody waiting, few enough that each is through at once. */
export const MAX_HANDSHAKES = 64;
/** A handshake holds its place for so long at most: one that dawdles goes on, and is nobody's reason to wait. */
export const HANDSHAKE_PLACE_MS = 1_000;
/** Longest that a connection waits for its turn; then it is closed, and its client comes again. */
export const HANDSHAKE_PATIENCE_MS = 25_000;

interface Waiting {
  readonly socket: Socket;
  readonly sinceMs: number;
}

/** First in, first out; taking is as cheap at ten thousand as at one. */
class Line {
  #items: (Waiting | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  add(item: Waiting): void {
    this.#items.push(item);
  }

  take(): Waiting | undefined {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** How many connections wait, and how many handshakes are under way. */
export interface HandshakeCounts {
  readonly underWay: number;
  readonly waiting: number;
}

const ignore = (): void => {};
/** What a connection is known by at both of its layers. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Makes a server's handshakes wait for one another. Answers how many do. */
export const queueHandshakes = (
  server: NetServer,
  { monotonicMs, after }: Pick<Clock, "monotonicMs" | "after">,
): (() => HandshakeCounts) => {
  const [begin] = server.listeners("connection") as ((socket: Socket) => void)[];
  if (!begin) throw new TypeError("a server without a listener for connections");
  server.off("connection", begin);
  /** Connection → since when, in the order in which they began. */
  const underWay = new Map<string, number>();
  const lines = new Map<string, Line>();
  let waiting = 0;
  let isTimed = false;

  const next = (): Waiting | undefined => {
    for (const [address, line] of lines) {
      lines.delete(address);
      const taken = line.take();
      if (line.size > 0) lines.set(address, line); // behind the others
      if (taken) waiting -= 1;
      return taken;
    }
    return undefined;
  };

  // One for all: ten thousand boards would keep ten thousand of them.
  function onClose(this: Socket): void {
    leave(this);
  }
  const start = (socket: Socket): void => {
    underWay.set(keyOf(socket), monotonicMs());
    socket.once("close", onClose);
    begin.call(server, socket);
  };
  const dropDawdlers = (nowMs: number): void => {
    for (const [key, sinceMs] of underWay) {
      if (nowMs - sinceMs < HANDSHAKE_PLACE_MS) return;
      underWay.delete(key);
    }
  };
  const turn = (): void => {
    const nowMs = monotonicMs();
    dropDawdlers(nowMs);
    while (underWay.size < MAX_HANDSHAKES) {
      const taken = next();
      if (!taken) return;
      const { socket, sinceMs } = taken;
      if (socket.destroyed) continue;
      socket.off("error", ignore);
      if (nowMs - sinceMs > HANDSHAKE_PATIENCE_MS) socket.destroy();
      else start(socket);
    }
    // Nobody may tell of the end of those that dawdle.
    if (isTimed) return;
    isTimed = true;
    after(HANDSHAKE_PLACE_MS, () => {
      isTimed = false;
      turn();
    });
  };
  const leave = (socket: Socket): void => {
    if (underWay.delete(keyOf(socket)) && waiting > 0) turn();
  };

  server.prependListener("connection", (socket: Socket) => {
    if (underWay.size >= MAX_HANDSHAKES) dropDawdlers(monotonicMs());
    if (waiting === 0 && underWay.size < MAX_HANDSHAKES) return start(socket);
    const { remoteAddress: address = "" } = socket;
    const line = lines.get(address) ?? new Line();
    line.add({ socket, sinceMs: monotonicMs() });
    lines.set(address, line);
    waiting += 1;
    socket.on("error", ignore); // until TLS has it, nobody else hears of its end
    turn();
  });
  server.on("secureConnection", leave);
  server.on("tlsClientError", (_error: Error, socket: TLSSocket) => leave(socket));
  return () => ({ underWay: underWay.size, waiting });
};

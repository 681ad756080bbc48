// The load on one router: callers that ask again as soon as they are answered, callees that answer at once, publishers and followers.
import { systemClock } from "@s4t/kit";
import type { Transport } from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node/client";
import type { Frame } from "./dialect.ts";
import type { Contender } from "./routers.ts";

/** A case: who is there, and how much is under way. */
export interface LoadCase {
  readonly name: string;
  readonly kind: "call" | "publish";
  /** Callers, or publishers. */
  readonly askers: number;
  /** Requests that all askers together have under way. */
  readonly inFlight: number;
  /** Callees, each with a procedure of its own; or followers. */
  readonly others: number;
  readonly argumentBytes: number;
}

export interface LoadSample {
  readonly perSecond: number;
  /** CPU of the router's process for one call, or one publication with all its events. */
  readonly cpuMicroseconds: number;
  readonly routerBusyPercent: number;
}

/** How long is counted, after a part of it that is not. */
const COUNTED_MS = 900;
const WARM_UP_MS = 250;

interface Session {
  readonly transport: Transport;
  readonly address: string;
}

const join = async (
  { url, dialect }: Contender,
  onFrame: (heard: Frame) => void,
  first?: Frame,
): Promise<Session> => {
  const transport = await connectWebSocket(
    { url, subprotocol: dialect.subprotocol },
    { clock: systemClock },
  );
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let welcome: Frame | undefined;
  let isReady = false;
  transport.listen({
    onMessage: (data) => {
      if (dialect.isError(data)) reject(new TypeError(`${url} said ${data}`));
      if (isReady) return onFrame(data);
      welcome ??= data;
      if (first !== undefined && welcome === data) return transport.send(first);
      isReady = true;
      resolve(typeof welcome === "string" ? welcome.slice(3, 7) : "");
    },
    onClose: ({ reason }) => reject(new TypeError(`${url} closed: ${reason}`)),
  });
  if (dialect.hello !== undefined) transport.send(dialect.hello);
  return { transport, address: await promise };
};

/** A text of about so many bytes as JSON arguments: some fields, some numbers, some words. */
export const argumentsOf = (sizeBytes: number): string => {
  const row = (i: number) => ({ at: 1_700_000_000_000 + i, name: `sensor-${i}`, value: i * 1.25 });
  const rows: unknown[] = [];
  while (JSON.stringify([{ rows }]).length < sizeBytes - 40) rows.push(row(rows.length));
  const text = JSON.stringify([{ rows, pad: "" }]);
  const pad = "x".repeat(Math.max(0, sizeBytes - text.length));
  return JSON.stringify([{ rows, pad }]);
};

/** Runs one case against one router, once. */
export const runLoad = async (contender: Contender, load: LoadCase): Promise<LoadSample> => {
  const { dialect, program } = contender;
  const args = argumentsOf(load.argumentBytes);
  const open: Transport[] = [];
  const others: Session[] = [];
  let done = 0;
  let events = 0;
  let stopped = false;
  try {
    for (let i = 0; i < load.others; i += 1) {
      const isCall = load.kind === "call";
      const other = await join(
        contender,
        (heard) => {
          const answer = isCall ? dialect.answer(heard, args) : undefined;
          if (answer !== undefined) other.transport.send(answer);
          else if (!isCall && dialect.isEvent(heard)) events += 1;
        },
        isCall ? dialect.register?.(i) : dialect.subscribe,
      );
      open.push(other.transport);
      others.push(other);
    }
    const asks: (() => void)[] = [];
    for (let i = 0; i < load.askers; i += 1) {
      let request = 0;
      let turn = i;
      const ask = () => {
        if (stopped) return;
        request += 1;
        turn = (turn + 1) % load.others;
        const text =
          load.kind === "call"
            ? dialect.call(request, turn, others[turn]?.address ?? "", args)
            : dialect.publish(request, args);
        asker.transport.send(text);
      };
      const asker = await join(contender, (heard) => {
        if (!dialect.isResult(heard) && !dialect.isPublished(heard)) return;
        done += 1;
        ask();
      });
      open.push(asker.transport);
      asks.push(ask);
    }
    for (let i = 0; i < load.inFlight; i += 1) asks[i % asks.length]?.();
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    const [startedMs, cpu, before, eventsBefore] = [
      performance.now(),
      program.cpuSeconds(),
      done,
      events,
    ];
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    const seconds = (performance.now() - startedMs) / 1_000;
    const cpuSeconds = program.cpuSeconds() - cpu;
    const count = done - before;
    const expected = load.kind === "publish" ? count * load.others : 0;
    // Events of the publications under way may be on either side of the line.
    if (
      count === 0 ||
      Math.abs(events - eventsBefore - expected) > expected * 0.2 + 64 * load.others
    )
      throw new TypeError(
        `${contender.name}, ${load.name}: ${count} done, ${events - eventsBefore} events`,
      );
    return {
      perSecond: count / seconds,
      cpuMicroseconds: (cpuSeconds * 1e6) / count,
      routerBusyPercent: (100 * cpuSeconds) / seconds,
    };
  } finally {
    stopped = true;
    for (const transport of open) transport.close(1000, "done");
    // What ends a connection belongs to this round and not to the next.
    await new Promise((resolve) => setTimeout(resolve, 100 + load.others / 2));
  }
};

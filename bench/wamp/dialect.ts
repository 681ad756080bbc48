// What the load says, as text: WAMP to a router, the same words behind four digits to the relay. Nothing is parsed beyond the head
// of a message, so that the generators cost little beside the router.

import type { Codec, Message } from "@s4t/wamp";

/** How a load speaks to one kind of router. */
export type Frame = string | Uint8Array;

export interface Dialect {
  readonly subprotocol: string;
  /** Said first, to be answered by `[2,…]`; absent: the other side speaks first. */
  readonly hello?: Frame;
  /** Offers procedure `bench.N`, or follows the topic; absent: nothing to be said. */
  readonly register?: (offer: number) => Frame;
  readonly subscribe?: Frame;
  call(request: number, offer: number, address: string, args: string): Frame;
  publish(request: number, args: string): Frame;
  /** The answer to what a callee heard; undefined for everything else. */
  answer(heard: Frame, args: string): Frame | undefined;
  isResult(heard: Frame): boolean;
  isPublished(heard: Frame): boolean;
  isEvent(heard: Frame): boolean;
  isError(heard: Frame): boolean;
}

const roles = '{"caller":{},"callee":{},"publisher":{},"subscriber":{}}';
const idIn = (heard: string, from: number): string => heard.slice(from, heard.indexOf(",", from));
const begins = (heard: Frame, code: number, at = 0): heard is string =>
  typeof heard === "string" && heard.startsWith(`[${code},`, at);

export const wamp: Dialect = {
  subprotocol: "wamp.2.json",
  hello: `[1,"bench",{"roles":${roles}}]`,
  register: (offer) => `[64,1,{},"bench.p${offer}"]`,
  subscribe: '[32,1,{},"bench.topic"]',
  call: (request, offer, _address, args) => `[48,${request},{},"bench.p${offer}",${args}]`,
  publish: (request, args) => `[16,${request},{"acknowledge":true},"bench.topic",${args}]`,
  answer: (heard, args) => (begins(heard, 68) ? `[70,${idIn(heard, 4)},{},${args}]` : undefined),
  isResult: (heard) => begins(heard, 50),
  isPublished: (heard) => begins(heard, 17),
  isEvent: (heard) => begins(heard, 36),
  isError: (heard) => begins(heard, 8) || begins(heard, 3),
};

export const relayed: Dialect = {
  subprotocol: "wamp.2.json",
  call: (request, offer, address, args) => `${address}[48,${request},{},"bench.p${offer}",${args}]`,
  publish: (request, args) => `9999[16,${request},{"acknowledge":true},"bench.topic",${args}]`,
  answer: (heard, args) =>
    begins(heard, 48, 4) ? `${heard.slice(0, 4)}[70,${idIn(heard, 8)},{},${args}]` : undefined,
  isResult: (heard) => begins(heard, 70, 4),
  isPublished: (heard) => begins(heard, 17, 4),
  isEvent: (heard) => begins(heard, 16, 4),
  isError: () => false,
};

/** WAMP in another serializer. These frames are decoded and encoded whole: the load costs more here, the router's CPU is its own. */
export const encoded = (codec: Codec): Dialect => {
  const say = (message: Message): Frame => codec.encode(message);
  const values = new Map<string, readonly unknown[]>();
  const open = (args: string): readonly unknown[] => {
    const known = values.get(args) ?? (JSON.parse(args) as readonly unknown[]);
    values.set(args, known);
    return known;
  };
  const kindOf = (heard: Frame): string => codec.read(heard).kind;
  return {
    subprotocol: codec.subprotocol,
    hello: say({
      ...{ kind: "hello", realm: "bench" },
      details: { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} } },
    }),
    register: (offer) =>
      say({ kind: "register", request: 1, options: {}, procedure: `bench.p${offer}` }),
    subscribe: say({ kind: "subscribe", request: 1, options: {}, topic: "bench.topic" }),
    call: (request, offer, _address, args) =>
      say({
        ...{ kind: "call", request, options: {}, procedure: `bench.p${offer}` },
        args: open(args),
      }),
    publish: (request, args) =>
      say({
        ...{ kind: "publish", request, options: { acknowledge: true }, topic: "bench.topic" },
        args: open(args),
      }),
    answer(heard, args) {
      const message = codec.read(heard);
      return message.kind === "invocation"
        ? say({ kind: "yield", request: message.request, options: {}, args: open(args) })
        : undefined;
    },
    isResult: (heard) => kindOf(heard) === "result",
    isPublished: (heard) => kindOf(heard) === "published",
    isEvent: (heard) => kindOf(heard) === "event",
    isError: (heard) => typeof heard === "string",
  };
};

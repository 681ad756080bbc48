// What the load says, as text: WAMP to a router, the same words behind four digits to the relay. Nothing is parsed beyond the head
// of a message, so that the generators cost little beside the router.

/** How a load speaks to one kind of router. */
export interface Dialect {
  /** Said first, to be answered by `[2,…]`; absent: the other side speaks first. */
  readonly hello?: string;
  /** Offers procedure `bench.N`, or follows the topic; absent: nothing to be said. */
  readonly register?: (offer: number) => string;
  readonly subscribe?: string;
  call(request: number, offer: number, address: string, args: string): string;
  publish(request: number, args: string): string;
  /** The answer to what a callee heard; undefined for everything else. */
  answer(heard: string, args: string): string | undefined;
  isResult(heard: string): boolean;
  isPublished(heard: string): boolean;
  isEvent(heard: string): boolean;
  isError(heard: string): boolean;
}

const roles = '{"caller":{},"callee":{},"publisher":{},"subscriber":{}}';
const idIn = (heard: string, from: number): string => heard.slice(from, heard.indexOf(",", from));

export const wamp: Dialect = {
  hello: `[1,"bench",{"roles":${roles}}]`,
  register: (offer) => `[64,1,{},"bench.p${offer}"]`,
  subscribe: '[32,1,{},"bench.topic"]',
  call: (request, offer, _address, args) => `[48,${request},{},"bench.p${offer}",${args}]`,
  publish: (request, args) => `[16,${request},{"acknowledge":true},"bench.topic",${args}]`,
  answer: (heard, args) =>
    heard.startsWith("[68,") ? `[70,${idIn(heard, 4)},{},${args}]` : undefined,
  isResult: (heard) => heard.startsWith("[50,"),
  isPublished: (heard) => heard.startsWith("[17,"),
  isEvent: (heard) => heard.startsWith("[36,"),
  isError: (heard) => heard.startsWith("[8,") || heard.startsWith("[3,"),
};

export const relayed: Dialect = {
  call: (request, offer, address, args) => `${address}[48,${request},{},"bench.p${offer}",${args}]`,
  publish: (request, args) => `9999[16,${request},{"acknowledge":true},"bench.topic",${args}]`,
  answer: (heard, args) =>
    heard.startsWith("[48,", 4)
      ? `${heard.slice(0, 4)}[70,${idIn(heard, 8)},{},${args}]`
      : undefined,
  isResult: (heard) => heard.startsWith("[70,", 4),
  isPublished: (heard) => heard.startsWith("[17,", 4),
  isEvent: (heard) => heard.startsWith("[16,", 4),
  isError: () => false,
};
